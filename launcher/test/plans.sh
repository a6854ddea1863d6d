#!/bin/sh
# usage: plans.sh PLANNED: executes plans written by hand (see planned.c) on the real kernel; needs root and a static busybox
planned=$(readlink -f "$1")
. "$(dirname "$0")/lib.sh"
need_busybox
waiting=

clean() {
    [ -n "$waiting" ] && kill -9 $waiting 2>/dev/null
    ip link del carafetest0 2>/dev/null
    for cgroup in /sys/fs/cgroup/*/carafe-plans-test-$$ /sys/fs/cgroup/carafe-plans-test-$$; do
        [ -e "$cgroup/inner/freezer.state" ] && echo THAWED >"$cgroup/inner/freezer.state"
        [ -d "$cgroup/inner" ] && rmdir "$cgroup/inner"
        [ -d "$cgroup" ] && rmdir "$cgroup"
    done
    remove_dir
}

root_of_busybox "$dir/rootfs" sh cat id ls mount grep sleep true hostname env readlink stty tty head touch wc echo mkdir
mkdir "$root/etc"
echo "user:x:1000:1000:User:/home/user:/bin/sh" >"$root/etc/passwd"

# script NAME: what stdin has becomes /NAME in the container
script() { cat >"$root/$1"; }

# plan NAME: assembles stdin as a plan
plan() { "$planned" assemble >"$dir/$1" || fail "assemble $1"; }

# a new state directory in $state
fresh() { state=$(mktemp -d "$dir/state.XXXXXX"); }

# run NAME: runs it; its output in $out, its messages in $err, its code in $code
run() {
    fresh
    out=$("$planned" run "$dir/$1" "$state" 2>"$dir/err" </dev/null)
    code=$?
    err=$(cat "$dir/err")
}

# create NAME: its first process, which waits, as $pid; 1 with its messages in $err
create() {
    fresh
    "$planned" create "$dir/$1" "$state" >"$dir/pid" 2>"$dir/err" </dev/null
    code=$?
    pid=$(cat "$dir/pid")
    err=$(cat "$dir/err")
    waiting=$pid
    return $code
}

NAMESPACES="host unshare 0x6c020000" # mnt uts ipc pid net
MOUNTS="inside rootfs $root 0x84000
inside filesystem 0 proc proc 0xe []
inside attach 0 /proc 1
inside filesystem 1 tmpfs tmpfs 0x2 [mode=755,size=65536k]
inside attach 1 /dev 1
inside filesystem 2 devpts devpts 0xa [newinstance,ptmxmode=0666,mode=0620,gid=5]
inside attach 2 /dev/pts 1
inside device /dev/null 0020000 1 3 0666 0 0
inside device /dev/zero 0020000 1 5 0660 7 8
inside symlink pts/ptmx /dev/ptmx 1"

# --- everything that a container without Kubernetes has
script all.sh <<'END'
id; hostname; umask; grep -E '^(CapBnd|NoNewPrivs)' /proc/self/status
ls -ln /dev/null /dev/zero | while read mode links uid gid rest; do echo $mode $uid $gid; done
readlink /dev/ptmx; cat /proc/mounts; cat /proc/sys/net/ipv4/ping_group_range; echo HOME=$HOME
echo $$; ls /sys/firmware | wc -l; echo x >/proc/sys/kernel/sem || echo sem is read-only; touch /x || echo root is read-only
head -c 4 /proc/timer_list | wc -c
END
plan all <<END
host state 1.2.0 $root ""
$NAMESPACES
$MOUNTS
inside filesystem 3 sysfs sysfs 0xf []
inside attach 3 /sys 1
inside hostname inner
inside sysctl net/ipv4/ping_group_range "0 4711"
inside pivot 1
inside mask /sys/firmware ""
inside mask /proc/timer_list ""
inside mask /proc/nothing/here ""
inside readonly /proc/sys
inside readonly /proc/nothing
inside remount-root-readonly
gate no-new-privs
gate user 1000 1000 [5,6] 027 1
gate capabilities 0x20 0 0 0 0
gate exec / [sh,/all.sh] [PATH=/usr/bin:/bin]
END
run all
same "run: code ($err)" $code 0
has user "$out" "uid=1000(user) gid=1000 groups=5,6"
has hostname "$out" inner
has umask "$out" 0027
has bounding "$out" "CapBnd:	0000000000000020"
has no_new_privs "$out" "NoNewPrivs:	1"
has "null device" "$out" "crw-rw-rw- 0 0"
has "device's owner" "$out" "crw-rw---- 7 8"
has ptmx "$out" pts/ptmx
has sysctl "$out" "0	4711"
has home "$out" "HOME=/home/user"
has "first process" "$out" "
1
"
has "masked directory" "$out" "
0
"
has "read-only path" "$out" "sem is read-only"
has "read-only root" "$out" "root is read-only"
[ -e "$state/exec.fifo" ] && fail "the gate is left after start"
[ -e "$root/dev/null" ] && fail "the device was made in the image"

# --- create, start, exec
plan wait <<END
$NAMESPACES
$MOUNTS
inside pivot 1
gate exec / [sleep,1000] [PATH=/bin]
END
create wait || fail "create: $err"
[ -p "$state/exec.fifo" ] || fail "no gate"
hasnt "before start" "$(cat /proc/"$pid"/cmdline | tr '\0' ' ')" sleep
same "descriptors of the one who waits" "$(stat -c %U /proc/"$pid"/environ)" root
"$planned" start "$state" || fail "start"
same "after start" "$(tr '\0' ' ' </proc/"$pid"/cmdline)" "sleep 1000 "
[ -e "$state/exec.fifo" ] && fail "the gate is left"
same "no descriptor is left but the streams" "$(ls /proc/"$pid"/fd | tr '\n' ' ')" "0 1 2 "
script exec.sh <<'END'
echo pid $(($$ > 1)); cat /proc/1/cmdline | head -c 5; pwd; ls /proc/self/fd | wc -l
END
plan exec <<'END'
host join 0x6c020000 0 ""
gate exec /proc [sh,/exec.sh] [PATH=/bin]
END
out=$("$planned" exec "$dir/exec" "$pid" 2>&1 </dev/null) || fail "exec: $out"
has "exec sees the container's processes" "$out" "pid 1
sleep"
has "exec's directory" "$out" "/proc"
plan execmissing <<'END'
host join 0x6c020000 0 ""
gate exec / [nothere] [PATH=/usr/bin:/bin]
END
out=$("$planned" exec "$dir/execmissing" "$pid" 2>&1) && fail "exec of nothing"
has "exec of nothing" "$out" 'exec: "nothere": executable file not found in $PATH'
kill -9 "$pid"; waiting=
out=$("$planned" start "$state" 2>&1) && fail "started twice"

# --- a process that died at its gate, and one whose launcher was refused
create wait || fail "create: $err"
kill -9 "$pid" && tail --pid="$pid" -s 0.01 -f /dev/null
out=$("$planned" start "$state" 2>&1) && fail "start of the dead"
has "start of the dead" "$out" "container process is dead"
PLANNED_REFUSE=1 create wait && fail "created() was ignored"
has "created() refuses" "$err" refused
pgrep -f "planned create $dir" && fail "a process is left of a refused create"

# --- what fails inside is told with its origin, and no process is left
plan badmount <<END
$NAMESPACES
inside rootfs $root 0x84000
inside filesystem @mounts[7] 0 tmpfs tmpfs 0 [size=huge]
inside attach 0 /x 1
gate exec / [true] [PATH=/bin]
END
run badmount
same "bad mount: code" $code 125
has "bad mount" "$err" 'op filesystem errno 22 origin "mounts[7]": mounts[7]: mount tmpfs'
plan missing <<END
$NAMESPACES
inside rootfs $root 0x84000
inside pivot 1
gate exec @process /nowhere [/bin/nothere] [PATH=/bin]
END
run missing
has "missing program" "$err" 'exec: "/bin/nothere": stat /bin/nothere: no such file or directory'
plan baduser <<END
$NAMESPACES
inside rootfs $root 0x84000
inside pivot 1
gate capabilities @process.capabilities 0xffffffffff 0xffffffffff 0 0xffffffffff 0xffffffffff
gate exec / [true] [PATH=/bin]
END
run baduser
same "failure after the gate: code" $code 125
has "failure after the gate comes from start" "$err" 'op capabilities errno 1 origin "process.capabilities"'
[ -p "$state/exec.fifo" ] || fail "the gate is gone though nothing was started"

# --- the host is not reached from the container
mkdir -p "$root/evil"
ln -s / "$root/evil/host"
ln -s ../../../../../../../../tmp "$root/evil/up"
plan links <<END
$NAMESPACES
$MOUNTS
inside filesystem 3 tmpfs marker 0 []
inside attach 3 /evil/up/carafe-escape-$$/deep 1
inside device /evil/host/node-$$ 0010000 0 0 0600 0 0
inside pivot 1
gate exec / [cat,/proc/mounts] [PATH=/bin]
END
run links
has "target below a link" "$out" "marker /tmp/carafe-escape-$$/deep tmpfs"
[ -e "/tmp/carafe-escape-$$" ] && fail "a mount target was made on the host"
[ -e "/node-$$" ] && fail "a device was made on the host"
[ -p "$root/node-$$" ] || fail "the device is not in the root"
plan cwd <<END
$NAMESPACES
inside rootfs $root 0x84000
inside filesystem 0 proc proc 0xe []
inside attach 0 /proc 1
inside pivot 1
gate exec /proc/self/fd/5 [true] [PATH=/bin]
END
for fd in 3 4 5 6 7 8 9; do
    sed "s,/proc/self/fd/5,/proc/self/fd/$fd,g" "$dir/cwd" >"$dir/cwd$fd"
    run cwd$fd
    [ "$code" = 125 ] || fail "working directory through descriptor $fd (CVE-2024-21626): code $code"
done
plan proclink <<END
$NAMESPACES
inside rootfs $dir/linked 0x84000
inside filesystem 0 proc proc 0xe []
inside attach 0 /proc 1
gate exec / [true] [PATH=/bin]
END
mkdir -p "$dir/linked/elsewhere"
ln -s elsewhere "$dir/linked/proc"
run proclink
has "proc over a link (CVE-2019-19921)" "$err" "must be a real directory"
plan overproc <<END
$NAMESPACES
$MOUNTS
inside tree 3 /etc/hostname 0
inside attach 3 /proc/self/environ 2
gate exec / [true] [PATH=/bin]
END
run overproc
has "mount inside proc" "$err" "inside /proc"
plan fakenull <<END
$NAMESPACES
inside rootfs $root 0x84000
inside filesystem 0 proc proc 0xe []
inside attach 0 /proc 1
inside filesystem 1 tmpfs tmpfs 0 []
inside attach 1 /dev 1
inside symlink /etc/passwd /dev/null 0
inside pivot 1
inside mask /proc/timer_list ""
inside mask /proc/uptime ""
gate exec / [true] [PATH=/bin]
END
run fakenull
[ "$code" = 125 ] || fail "masked with something that is not /dev/null (CVE-2025-31133)"
plan fakedevice <<END
$NAMESPACES
$MOUNTS
inside symlink /etc/passwd /dev/full 0
inside device /dev/full 0020000 1 7 0666 0 0
gate exec / [true] [PATH=/bin]
END
run fakedevice
has "device at a link" "$err" "something else"

# --- containers that share a root file system make the same links in it at the same time
mkdir -p "$root/shared"
plan shared <<END
$NAMESPACES
inside rootfs $root 0x84000
inside symlink /proc/self/fd /shared/fd 0
$(for n in $(seq 300); do echo "inside symlink other /shared/ptmx 1"; echo "inside symlink pts/ptmx /shared/ptmx 1"; done)
inside pivot 1
gate exec / [true] [PATH=/bin]
END
racers=
for n in $(seq 12); do
    fresh
    "$planned" run "$dir/shared" "$state" >/dev/null 2>>"$dir/races" </dev/null &
    racers="$racers $!"
done
lost=0
for racer in $racers; do wait "$racer" || lost=$((lost + 1)); done
same "containers that lost a race for a link ($(head -1 "$dir/races"))" $lost 0
same "the link they share" "$(readlink "$root/shared/ptmx")" pts/ptmx

# --- user namespaces, made and joined; devices are bound there
script user.sh <<'END'
id -u; cat /proc/self/uid_map; cat /proc/self/setgroups; ls -ln /dev/null; touch /dev/shm/x && ls -ln /dev/shm/x; head -c 1 /dev/zero | wc -c
cat /proc/sys/kernel/hostname
END
plan user <<END
host userns 9 [0 100000 65536] [0 100000 65536] 1
host join 0x10000000 10 ""
$NAMESPACES
$MOUNTS
inside filesystem 3 tmpfs shm 0xe [mode=1777]
inside attach 3 /dev/shm 1
inside filesystem 4 mqueue mqueue 0xe []
inside attach 4 /dev/mqueue 1
inside filesystem 5 sysfs sysfs 0xf []
inside attach 5 /sys 1
inside hostname inner
inside pivot 1
gate user 0 0 [] 022 1
gate exec / [sh,/user.sh] [PATH=/bin]
END
chmod 755 "$dir"
run user
same "user namespace: code ($err)" $code 0
has "map" "$out" "100000"
has "device" "$out" "crw-rw-rw-"
has "hostname in its own namespace" "$out" inner


# --- namespaces of a pod, joined by path, before and with a user namespace; an exec into it; clocks of its own
mkdir -p "$dir/volume" "$root/data"
echo content >"$dir/volume/file"
chown 5:6 "$dir/volume/file"
: >"$dir/ready"
unshare -n -i -u sh -c 'hostname pod; echo ready; exec sleep 1000' >"$dir/ready" &
pod=$!
waiting=$pod
until grep -q ready "$dir/ready"; do kill -0 $pod || break; done
plan pod <<END
host join 0x40000000 0 /proc/$pod/ns/net
host join 0x08000000 0 /proc/$pod/ns/ipc
host join 0x04000000 0 /proc/$pod/ns/uts
host unshare 0x20020000
$MOUNTS
inside pivot 1
gate exec / [sh,-c,readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; hostname; echo \$\$] [PATH=/bin]
END
run pod
same "pod: code ($err)" $code 0
has "pod's hostname" "$out" pod
has "pod's net" "$out" "$(readlink /proc/$pod/ns/net)"
has "pod's ipc" "$out" "$(readlink /proc/$pod/ns/ipc)"
plan poduser <<END
host userns 9 [0 100000 65536] [0 100000 65536] 1
host join 0x10000000 10 ""
host join 0x40000000 0 /proc/$pod/ns/net
host timens "monotonic 86400 0"
host unshare 0x2c020080
host tree @mounts[1] 8 $dir/volume 0
host idmap @mounts[1] 8 9 0
host attributes @mounts[1] 8 0x1 0 0 0
$MOUNTS
inside attach @mounts[1] 8 /data 0
inside pivot 1
gate exec / [sh,-c,readlink /proc/self/ns/net; readlink /proc/self/ns/user; cat /proc/uptime; ls -ln /data/file; touch /data/x || echo cannot write; cat /proc/self/timens_offsets] [PATH=/bin]
END
run poduser
same "pod with user namespace: code ($err)" $code 0
has "pod's net under a user namespace" "$out" "$(readlink /proc/$pod/ns/net)"
has "mapped ids" "$out" " 5        6 "
has "read-only volume" "$out" "cannot write"
has "clock" "$out" "86400"
hasnt "its own user namespace" "$out" "$(readlink /proc/self/ns/user)"
plan notns <<END
host join 0x40000000 0 /proc/$pod/ns/ipc
$NAMESPACES
gate exec / [true] [PATH=/bin]
END
run notns
has "another type of namespace" "$err" "not a namespace of the type"
plan notns <<END
host join @linux.namespaces[0] 0x40000000 0 /etc/passwd
gate exec / [true] [PATH=/bin]
END
run notns
has "no namespace at all" "$err" "not a namespace of the type"

# --- pid namespace of another
plan wait2 <<END
host userns 9 [0 100000 65536] [0 100000 65536] 1
host join 0x10000000 10 ""
$NAMESPACES
$MOUNTS
inside pivot 1
gate exec / [sleep,1000] [PATH=/bin]
END
create wait2 || fail "create in a user namespace: $err"
first=$pid
"$planned" start "$state" || fail "start in a user namespace"
plan sharing <<END
host open 20 /proc/$first/ns/user 0
host join 0x10000000 21 ""
host join 0x20000000 0 /proc/$first/ns/pid
host unshare 0x00020000
$MOUNTS
inside pivot 1
gate exec / [sh,-c,cat /proc/1/comm; id -u] [PATH=/bin]
END
run sharing
has "joined pid namespace: ($err)" "$out" "sleep
0"
plan execuser <<'END'
host join 0x7c020000 0 ""
gate user 7 8 [] 022 1
gate exec / [sh,-c,id -u; cat /proc/self/uid_map] [PATH=/bin]
END
out=$("$planned" exec "$dir/execuser" "$first" 2>&1 </dev/null) || fail "exec in a user namespace: $out"
has "exec in a user namespace" "$out" "7
         0     100000      65536"
kill -9 "$first" $pod
waiting=

# --- cgroups, on whatever this host has
cgroups=
for base in /sys/fs/cgroup/memory /sys/fs/cgroup/pids /sys/fs/cgroup/cpuset /sys/fs/cgroup/freezer /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ -e $base/cgroup.procs ] && cgroups="$cgroups $base/carafe-plans-test-$$"
done
{
    for cgroup in $cgroups; do
        bits=1
        case $cgroup in */cpuset/*) bits=3 ;; esac
        echo "host cgroup @linux.cgroupsPath $cgroup/inner $bits"
        echo "outside enter $cgroup/inner"
        echo "deleted cgroup-remove $cgroup/inner"
        echo "deleted cgroup-remove $cgroup"
    done
    [ -e /sys/fs/cgroup/pids ] && echo "host write /sys/fs/cgroup/pids/carafe-plans-test-$$/inner/pids.max 77 0"
    [ -e /sys/fs/cgroup/unified ] && echo "host device-rules /sys/fs/cgroup/unified/carafe-plans-test-$$/inner xb4000000000000009500000000000000"
    echo "host write /sys/fs/cgroup/no.such.file x 1"
    cat <<END
$NAMESPACES
host unshare 0x02000000
outside rlimit 7 123 456
outside oom-score 321
outside sync
outside hook createRuntime /bin/sh [sh,-c,cat >$dir/hook.createRuntime] [PATH=/bin:/usr/bin] 5000
$MOUNTS
inside hook createContainer /bin/sh [sh,-c,cat >$dir/hook.createContainer] [PATH=/bin:/usr/bin] 5000
inside sync
inside pivot 1
gate hook startContainer /bin/sh [sh,-c,cat >/hook.startContainer] [PATH=/bin] 5000
gate exec / [sh,-c,cat /proc/self/cgroup /proc/self/oom_score_adj; ulimit -n; echo x >/dev/zero; sleep 1000] [PATH=/bin]
started hook poststart /bin/sh [sh,-c,cat >$dir/hook.poststart] [PATH=/bin:/usr/bin] 5000
deleted hook poststop /bin/sh [sh,-c,exit 3] [PATH=/bin:/usr/bin] 5000
deleted hook poststop /bin/sh [sh,-c,cat >$dir/hook.poststop] [PATH=/bin:/usr/bin] 5000
END
} | plan cgroups
fresh
"$planned" create "$dir/cgroups" "$state" >"$dir/pid" 2>"$dir/err" </dev/null || fail "create in cgroups: $(cat "$dir/err")"
pid=$(cat "$dir/pid")
waiting=$pid
for cgroup in $cgroups; do grep -q "^$pid$" "$cgroup/inner/cgroup.procs" || fail "the process is not in $cgroup"; done
same "oom score" "$(cat /proc/"$pid"/oom_score_adj)" 321
has "limit of descriptors" "$(grep 'open files' /proc/"$pid"/limits)" "123                  456"
has "its cgroup namespace begins where it is" "$(nsenter -t "$pid" -C cat /proc/"$pid"/cgroup)" ":/"
hasnt "its cgroup namespace begins where it is" "$(nsenter -t "$pid" -C cat /proc/"$pid"/cgroup | grep -E 'pids|memory')" inner
[ -e /sys/fs/cgroup/pids ] && same "pids.max" "$(cat /sys/fs/cgroup/pids/carafe-plans-test-$$/inner/pids.max)" 77
has "createRuntime hook" "$(cat "$dir/hook.createRuntime")" "\"status\":\"creating\",\"pid\":$pid,"
has "createContainer hook" "$(cat "$dir/hook.createContainer")" "\"status\":\"creating\",\"pid\":$pid,"
[ -e "$root/hook.startContainer" ] && fail "startContainer hook ran before start"
out=$("$planned" check "$dir/cgroups" 2>&1) && fail "a cgroup in use is no reason to refuse"
has "cgroup in use" "$out" "is not empty"
run cgroups
has "second container in the same cgroup" "$err" "is not empty"
fresh_state=$state
"$planned" start "${state%.*}" 2>/dev/null
state=$fresh_state
for one in "$dir"/state.*; do [ -p "$one/exec.fifo" ] && "$planned" start "$one" 2>/dev/null; done
"$planned" phase "$dir/cgroups" started "$pid" || fail "phase started"
has "poststart hook" "$(cat "$dir/hook.poststart")" '"status":"running"'
has "startContainer hook" "$(cat "$root/hook.startContainer")" '"status":"created"'
if [ -e /sys/fs/cgroup/freezer/carafe-plans-test-$$ ]; then echo FROZEN >/sys/fs/cgroup/freezer/carafe-plans-test-$$/inner/freezer.state; fi
out=$("$planned" phase "$dir/cgroups" deleted 2>&1) && fail "the failure of a poststop hook is not told"
has "poststop hook fails" "$out" "op hook"
has "poststop hook after it" "$(cat "$dir/hook.poststop")" '"status":"stopped","pid":0'
for cgroup in $cgroups; do [ -e "$cgroup" ] && fail "$cgroup is left"; done
tail --pid="$pid" -s 0.01 -f /dev/null
waiting=
out=$("$planned" phase "$dir/cgroups" deleted 2>&1)
has "deleted twice" "$out" "op hook"
plan slowhook <<END
$NAMESPACES
outside sync
outside hook @hooks.createRuntime[0] createRuntime /bin/sh [sh,-c,sleep 600 & sleep 600] [PATH=/bin:/usr/bin] 100
inside rootfs $root 0x84000
inside sync
gate exec / [true] [PATH=/bin]
END
run slowhook
has "hook that hangs" "$err" "did not end within 100 ms"
pgrep -f "sleep 600" >/dev/null && fail "a hook's processes are left"

# --- rules for devices: of two programs the later counts, alone
for unified in /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ -e $unified/cgroup.procs ] || continue
    [ -e $unified/cgroup.controllers ] || continue
    inner=$unified/carafe-plans-test-$$
    deny=xb4000000000000009500000000000000 allow=xb4000000010000009500000000000000
    for programs in "$deny $allow allowed" "$allow $deny denied"; do
        # shellcheck disable=SC2086 # three words
        set -- $programs
        plan rules <<END
host cgroup $inner 1
host device-rules $inner $1
host device-rules $inner $2
outside enter $inner
$NAMESPACES
$MOUNTS
inside pivot 1
gate exec / [sh,-c,(: >/dev/zero) 2>&- && echo allowed || echo denied] [PATH=/bin]
deleted cgroup-remove $inner
END
        run rules
        same "the later of two programs for devices ($err)" "$out" "$3"
        "$planned" phase "$dir/rules" deleted || fail "remove $inner"
    done
    break
done

# --- a cgroup that takes no process: on version 1 it is the container's process that finds out
if [ -e /sys/fs/cgroup/cpuset/cpuset.cpus ]; then
    empty=/sys/fs/cgroup/cpuset/carafe-plans-test-$$
    plan empty <<END
host cgroup $empty 0
outside enter @linux.cgroupsPath $empty
$NAMESPACES
$MOUNTS
inside pivot 1
gate exec / [true] [PATH=/bin]
deleted cgroup-remove $empty
END
    run empty
    has "a cpuset without processors" "$err" "op enter errno 28 origin \"linux.cgroupsPath\": linux.cgroupsPath: enter cgroup $empty: no space left"
    "$planned" phase "$dir/empty" deleted || fail "remove $empty"
fi

# --- a small memory limit
if [ -e /sys/fs/cgroup/memory ]; then
    small=/sys/fs/cgroup/memory/carafe-plans-test-$$
    for limit in 4194304 1048576 524288; do
        plan small <<END
host cgroup $small 1
host write $small/memory.limit_in_bytes $limit 0
outside enter $small
$NAMESPACES
$MOUNTS
inside pivot 1
gate exec / [true] [PATH=/bin]
deleted cgroup-remove $small
END
        run small
        [ "$code" = 0 ] || fail "memory limit $limit: $err, code $code, $(cat $small/memory.failcnt) $(cat $small/memory.max_usage_in_bytes)"
        "$planned" phase "$dir/small" deleted || fail "remove $small"
    done
fi

# --- seccomp: mkdir fails with ENOTTY; capabilities of a user that is not root
plan seccomp <<END
$NAMESPACES
$MOUNTS
inside pivot 1
gate no-new-privs
gate user 5 6 [] 022 1
gate capabilities 0x401 0x401 0x401 0x401 0x401
gate seccomp x200000000000000015000001530000000600000019000500060000000000ff7f 0 0 ""
gate exec / [sh,-c,mkdir /tmp/x; grep -E "^Cap|^Seccomp:" /proc/self/status] [PATH=/bin]
END
run seccomp
has "seccomp" "$out" "Seccomp:	2"
has "mkdir under seccomp" "$err" "Inappropriate ioctl"
has "ambient capabilities" "$out" "CapAmb:	0000000000000401"
has "effective capabilities" "$out" "CapEff:	0000000000000401"

# --- tmpfs that begins with what the image has; read-only devices; descriptors that are left to the program
mkdir -p "$root/filled/sub"
echo text >"$root/filled/sub/file"
chmod 600 "$root/filled/sub/file"
chown 3:4 "$root/filled/sub/file"
ln -sf sub/file "$root/filled/link"
plan copyup <<END
$NAMESPACES
$MOUNTS
inside filesystem 3 tmpfs copy 0 []
inside tmpcopyup 3 /filled
inside attach 3 /filled 1
inside attributes 1 1 0 0 0
inside pivot 2
gate exec / [sh,-c,ls -ln /filled/sub/file; cat /filled/link; echo x >/filled/new && ls /filled; touch /dev/x || echo /dev is read-only; echo /proc/self/fd/*] [PATH=/bin]
END
PLANNED_PRESERVE=2
export PLANNED_PRESERVE
fresh
out=$("$planned" run "$dir/copyup" "$state" 2>"$dir/err" </dev/null 4</dev/null)
unset PLANNED_PRESERVE
has "copied up" "$out" "-rw-------    1 3        4"
has "copied link" "$out" text
has "copied and written" "$out" new
has "read-only /dev" "$out" "/dev is read-only"
# 3 is the shell's own: it reads the directory
has "preserved descriptors" "$out" "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3 /proc/self/fd/4"
hasnt "preserved descriptors" "$out" "/proc/self/fd/5"
[ -e "$root/filled/new" ] && fail "written into the image"

# --- what few containers ask for
script rare.sh <<'END'
grep Cpus_allowed_list /proc/self/status; cat /proc/sys/kernel/domainname; cat /proc/self/personality 2>/dev/null
cat /proc/self/mountinfo | grep shared: | grep -c /data; grep -c _ses.planned /proc/keys; ip -o addr show dev inner0 2>/dev/null
END
ln -sf busybox "$root/bin/ip"
netdev=
if ip link add carafetest0 type dummy 2>/dev/null || ip link add carafetest0 type veth peer name carafetest1 2>/dev/null; then
    ip addr add 10.99.98.97/30 dev carafetest0
    netdev="outside netdev carafetest0 inner0"
fi
plan rare <<END
$NAMESPACES
host tree 8 $dir/volume 0
$netdev
outside affinity 0
$MOUNTS
inside attach 8 /data 0
inside propagation /data 0x100000
inside domainname outer
inside personality 0
inside keyring ""
inside pivot 1
inside root-propagation 0x80000
gate scheduler 3 0 0 0 0 0 0
gate ioprio 16388
gate mempolicy 0 0 x
gate user 0 0 [] 022 1
gate exec / [sh,/rare.sh] [PATH=/bin]
END
run rare
same "rare: code ($err)" $code 0
has "affinity" "$out" "Cpus_allowed_list:	0
"
has "domainname" "$out" outer
has "propagation and keyring" "$out" "00000000
1
1"
if [ -n "$netdev" ]; then
    has "network device with its address" "$out" "10.99.98.97/30"
    ip link show carafetest0 >/dev/null 2>&1 && fail "the device is still on the host"
fi
plan badrare <<END
$NAMESPACES
outside affinity @process.execCPUAffinity 5-3
inside rootfs $root 0x84000
gate exec / [true] [PATH=/bin]
END
run badrare
has "bad list of CPUs" "$err" "no list of CPUs"
plan badnetdev <<END
$NAMESPACES
outside netdev @linux.netDevices carafenone inner0
inside rootfs $root 0x84000
gate exec / [true] [PATH=/bin]
END
run badnetdev
has "no such network device" "$err" "network device carafenone"

# --- a user without privileges
mkdir -p "$dir/user-state" "$dir/rootless"
cp -r "$root/bin" "$root/etc" "$dir/rootless/"
sed "s,$root,$dir/rootless,g" >"$dir/rootless.txt" <<END
host userns 9 [0 1000 1] [0 1000 1] 0
host join 0x10000000 10 ""
$NAMESPACES
outside oom-score 100
inside rootfs $root 0x84000
inside tree 7 /etc/passwd 0
inside filesystem 0 proc proc 0xe []
inside attach 0 /proc 1
inside filesystem 1 tmpfs tmpfs 0x2 [mode=755]
inside attach 1 /dev 1
inside device /dev/null 0020000 1 3 0666 0 0
inside attach 7 /host-passwd 2
inside hostname rootless
inside pivot 1
gate user 0 0 [] 022 0
gate exec / [sh,-c,id -u; hostname; ls -ln /dev/null; wc -l /host-passwd; cat /proc/self/oom_score_adj] [PATH=/bin]
END
"$planned" assemble <"$dir/rootless.txt" >"$dir/rootless.plan"
chown -R 1000:1000 "$dir/rootless" "$dir/user-state"
chmod 644 "$dir/rootless.plan"
cp "$planned" "$dir/planned" && chmod 755 "$dir/planned"
out=$(setpriv --reuid 1000 --regid 1000 --clear-groups "$dir/planned" run "$dir/rootless.plan" "$dir/user-state" 2>&1 </dev/null) || fail "rootless: $out"
has "rootless" "$out" "0
rootless
crw-rw-rw-"
has "rootless bind of the host's file" "$out" "/host-passwd"
has "rootless oom score" "$out" "
100"
finish "plan checks passed"
