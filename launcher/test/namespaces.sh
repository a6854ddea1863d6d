#!/bin/sh
# usage: namespaces.sh LAUNCHER: pins and pod inits on the real kernel; needs root
launcher=$1
. "$(dirname "$0")/lib.sh"
init=

clean() {
    [ -n "$init" ] && kill -9 "$init" 2>/dev/null
    for pin in "$dir"/*; do umount -l "$pin" 2>/dev/null; done
    remove_dir
}

# everything at once
"$launcher" pin --net="$dir/net" --ipc="$dir/ipc" --uts="$dir/uts" --hostname=pod-1 \
    --sysctl=net.ipv4.ip_forward=1 --sysctl=net.ipv4.ping_group_range="0 100" --sysctl=kernel.shm_rmid_forced=1 \
    --sysctl=fs.mqueue.msg_max=11 || fail "pin"
in_pod() { nsenter --net="$dir/net" --ipc="$dir/ipc" --uts="$dir/uts" "$@"; }
same hostname "$(in_pod hostname)" pod-1
same "host's hostname unchanged" "$(hostname)" "$(cat /proc/sys/kernel/hostname)"
in_pod grep -q "127.0.0.1" /proc/net/fib_trie || fail "lo is down"
same ip_forward "$(in_pod cat /proc/sys/net/ipv4/ip_forward)" 1
same ping_group_range "$(in_pod cat /proc/sys/net/ipv4/ping_group_range | tr '\t' ' ')" "0 100"
same shm_rmid_forced "$(in_pod cat /proc/sys/kernel/shm_rmid_forced)" 1
same msg_max "$(in_pod cat /proc/sys/fs/mqueue/msg_max)" 11

# all or nothing
"$launcher" pin --net="$dir/net2" --ipc="$dir/ipc" 2>"$dir.err" && fail "pinned twice on one file"
grep -q "\"step\":\"create\",\"subject\":\"$dir/ipc\",\"errno\":17" "$dir.err" || fail "report: $(cat "$dir.err")"
[ -e "$dir/net2" ] && fail "a pin is left after a failure"
"$launcher" pin --net="$dir/net3" --sysctl=net.ipv4.no_such_thing=1 2>"$dir.err" && fail "unknown sysctl accepted"
grep -q '"step":"sysctl","subject":"net.ipv4.no_such_thing=1","errno":2' "$dir.err" || fail "report: $(cat "$dir.err")"
[ -e "$dir/net3" ] && fail "a pin is left after a failure"
"$launcher" pin --net="$dir/net4" --sysctl=kernel.core_pattern=x 2>"$dir.err" && fail "host's sysctl accepted"
"$launcher" pin --net=/no/such/dir/x 2>"$dir.err" && fail "missing directory accepted"
ln -s /etc/passwd "$dir/link"
"$launcher" pin --net="$dir/link" 2>"$dir.err" && fail "a link was followed"
rm "$dir/link" "$dir.err"

# the first process of a pod
init=$("$launcher" init --pid="$dir/pid" --join-net="$dir/net" --join-ipc="$dir/ipc" --join-uts="$dir/uts") || fail "init"
same "pid namespace" "$(stat -Lc %i /proc/$init/ns/pid)" "$(stat -c %i "$dir/pid")"
same "net namespace" "$(stat -Lc %i /proc/$init/ns/net)" "$(stat -c %i "$dir/net")"
same "uts namespace" "$(stat -Lc %i /proc/$init/ns/uts)" "$(stat -c %i "$dir/uts")"
same "root is empty" "$(ls -A /proc/$init/root/)" ""
same "descriptors" "$(ls /proc/$init/fd | tr '\n' ' ')" "0 1 2 "
same "command line" "$(tr -d '\0' </proc/$init/cmdline)" carafe-launcherinit
same capabilities "$(grep CapEff /proc/$init/status | cut -f2)" 0000000000000000
case $(readlink /proc/$init/exe) in "/memfd:carafe-launcher"*) ;; *) fail "not sealed: $(readlink /proc/$init/exe)" ;; esac
touch /proc/$init/root/x 2>/dev/null && fail "its root can be written"

# it reaps orphans: nsenter's children become pid 1's when their parent dies
nsenter --pid="$dir/pid" sh -c '(sleep 0.1 &) ; exit 0'
sleep 0.4
for p in /proc/[0-9]*; do
    grep -qs "^NSpid:.*[0-9]	[0-9]" "$p/status" && grep -qs '^State:	Z' "$p/status" \
        && [ "$(awk '{print $4}' "$p/stat" 2>/dev/null)" = "$init" ] && fail "zombie ${p#/proc/}"
done

# TERM from inside the pod ends it, and the namespace with it
nsenter --pid="$dir/pid" sh -c 'kill -TERM 1' 2>/dev/null
i=0
while kill -0 "$init" 2>/dev/null && [ "$(awk '{print $3}' /proc/$init/stat 2>/dev/null)" != Z ] && [ $i -lt 50 ]; do
    sleep 0.1
    i=$((i + 1))
done
[ $i -lt 50 ] || fail "init does not end at TERM"
init=

# a pod with a user namespace: it owns the others, and its first process is its root
"$launcher" pin --user="$dir/user" --uid-map=0:1000:100,200:3000:1 --gid-map=0:2000:65536 --net="$dir/net6" --ipc="$dir/ipc6" \
    --uts="$dir/uts6" --hostname=pod-6 --sysctl=net.ipv4.ping_group_range="0 100" --sysctl=kernel.shm_rmid_forced=1 || fail "pin user"
in_pod() { nsenter --user="$dir/user" --net="$dir/net6" --ipc="$dir/ipc6" --uts="$dir/uts6" "$@"; }
same "uid map" "$(in_pod cat /proc/self/uid_map | tr -s ' \n' ' ')" " 0 1000 100 200 3000 1 "
same "gid map" "$(in_pod cat /proc/self/gid_map | tr -s ' \n' ' ')" " 0 2000 65536 "
same hostname "$(in_pod hostname)" pod-6
same "ping_group_range as the pod counts" "$(in_pod cat /proc/sys/net/ipv4/ping_group_range | tr '\t' ' ')" "0 100"
same "ping_group_range as the node counts" "$(nsenter --net="$dir/net6" cat /proc/sys/net/ipv4/ping_group_range | tr '\t' ' ')" "2000 2100"
same shm_rmid_forced "$(in_pod cat /proc/sys/kernel/shm_rmid_forced)" 1
in_pod sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' || fail "the network namespace is not the pod's"
in_pod hostname pod-7 || fail "the UTS namespace is not the pod's"
init=$("$launcher" init --pid="$dir/pid6" --join-user="$dir/user" --join-net="$dir/net6" --join-ipc="$dir/ipc6" \
    --join-uts="$dir/uts6") || fail "init in a user namespace"
same "pid namespace" "$(stat -Lc %i /proc/$init/ns/pid)" "$(stat -c %i "$dir/pid6")"
same "user namespace" "$(stat -Lc %i /proc/$init/ns/user)" "$(stat -c %i "$dir/user")"
same "net namespace" "$(stat -Lc %i /proc/$init/ns/net)" "$(stat -c %i "$dir/net6")"
same "user of init" "$(awk '/^[UG]id/ {print $2}' /proc/$init/status | tr '\n' ' ')" "1000 2000 "
same "groups of init" "$(awk '/^Groups/ {print $2}' /proc/$init/status)" ""
same "root of init is empty" "$(ls -A /proc/$init/root/)" ""
same "capabilities of init" "$(grep CapEff /proc/$init/status | cut -f2)" 0000000000000000
nsenter --user="$dir/user" --pid="$dir/pid6" sh -c 'kill -TERM 1' 2>/dev/null
i=0
while kill -0 "$init" 2>/dev/null && [ "$(awk '{print $3}' /proc/$init/stat 2>/dev/null)" != Z ] && [ $i -lt 50 ]; do
    sleep 0.1
    i=$((i + 1))
done
[ $i -lt 50 ] || fail "init of a user namespace does not end at TERM"
init=
"$launcher" pin --user="$dir/user7" --uid-map=0:1000:10,5:2000:10 --gid-map=0:1000:10 --net="$dir/net7" 2>"$dir.err" \
    && fail "overlapping id maps accepted"
grep -q '"step":"uid_map"' "$dir.err" || fail "report: $(cat "$dir.err")"
[ -e "$dir/user7" ] || [ -e "$dir/net7" ] && fail "a pin is left after a failure"
"$launcher" pin --user="$dir/user7" --uid-map=0:1000:10 --gid-map=0:1000:10 --net="$dir/net7" --sysctl=net.no.such=1 2>"$dir.err" \
    && fail "unknown sysctl accepted"
grep -q '"step":"sysctl"' "$dir.err" || fail "report: $(cat "$dir.err")"
[ -e "$dir/user7" ] && fail "a pin is left after a failure"
"$launcher" init --pid="$dir/pid7" --join-user="$dir/net6" 2>"$dir.err" && fail "joined a user namespace that is none"
grep -q '"step":"join"' "$dir.err" || fail "report: $(cat "$dir.err")"
[ -e "$dir/pid7" ] && fail "a pin is left after a failure"

"$launcher" init --pid="$dir/pid5" --join-net=/etc/passwd 2>"$dir.err" && fail "joined a file that is no namespace"
[ -e "$dir/pid5" ] && fail "a pin is left after a failure"
"$launcher" init --pid="$dir/pid6" --gate=/dev/null 2>"$dir.err" && fail "went through a gate that nobody opened"
rm -f "$dir.err"

# --- a program in cgroups, of whatever versions this host has
cgroups=
for base in /sys/fs/cgroup/pids /sys/fs/cgroup/memory /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ -e $base/cgroup.procs ] && mkdir "$base/carafe-place-test-$$" && cgroups="$cgroups $base/carafe-place-test-$$"
done
options=$(printf -- '--cgroup=%s ' $cgroups)
# shellcheck disable=SC2086 # options
set -- $options
same "cgroups that are not the program's" "$("$launcher" place "$@" -- /bin/cat /proc/self/cgroup | grep -c "/carafe-place-test-$$\$")" "$#"
"$launcher" place "$@" -- /bin/sh -c 'exit 7'
same "exit code in cgroups" $? 7
"$launcher" place "$@" -- /no/such/program 2>"$dir.err" && fail "executed a program that is not there"
grep -q '"step":"execute","subject":"/no/such/program","errno":2' "$dir.err" || fail "report: $(cat "$dir.err")"
"$launcher" place --cgroup=/no/such/cgroup -- /bin/true 2>"$dir.err" && fail "executed in a cgroup that is not there"
grep -q '"step":"cgroup","subject":"/no/such/cgroup","errno":2' "$dir.err" || fail "report: $(cat "$dir.err")"
"$launcher" place "$@" -- /bin/sleep 1000 &
placed=$!
until grep -q . "${1#--cgroup=}/cgroup.procs"; do kill -0 $placed || break; done
kill -9 $placed
wait $placed 2>/dev/null
i=0
for cgroup in $cgroups; do
    until rmdir "$cgroup" 2>/dev/null || [ $i -ge 50 ]; do
        sleep 0.1
        i=$((i + 1))
    done
    [ ! -e "$cgroup" ] || fail "who is killed leaves its program in $cgroup"
done
rm -f "$dir.err"

finish "namespace checks passed"
