#!/bin/sh
# usage: plans.sh PLANNED: executes plans written by hand (see planned.c) on the real kernel; needs root and a static busybox
planned=$(readlink -f "$1")
busybox=$(command -v busybox) || { echo "plans.sh: no busybox here, skipped" >&2; exit 0; }
dir=$(mktemp -d /tmp/carafe-plans-test.XXXXXX)
root=$dir/rootfs
waiting=
failures=0

clean() {
    [ -n "$waiting" ] && kill -9 $waiting 2>/dev/null
    ip link del carafetest0 2>/dev/null
    for cgroup in /sys/fs/cgroup/*/carafe-plans-test-$$ /sys/fs/cgroup/carafe-plans-test-$$; do
        [ -d "$cgroup" ] && rmdir "$cgroup"
    done
    rm -rf "$dir"
}
trap clean EXIT

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
same() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }
has() { case $2 in *"$3"*) ;; *) fail "$1: expected '$3' in '$2'" ;; esac }
hasnt() { case $2 in *"$3"*) fail "$1: unexpected '$3' in '$2'" ;; esac }

mkdir -p "$root/bin" "$root/etc"
cp "$busybox" "$root/bin/busybox"
for tool in sh cat id ls mount grep sleep true hostname env readlink stty tty head touch wc echo mkdir; do ln -s busybox "$root/bin/$tool"; done
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

[ $failures = 0 ] || { echo "$failures failed"; exit 1; }
echo "launcher: plan checks passed"
