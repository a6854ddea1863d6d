#!/bin/sh
# usage: attacks.sh PLANNED RACER LAUNCHER: what hostile images and neighbours have tried with other runtimes, each by
# its CVE, where it can be with somebody who races; needs root and a static busybox
planned=$(readlink -f "$1")
racer=$(readlink -f "$2")
launcher=$(readlink -f "$3")
. "$(dirname "$0")/lib.sh"
need_busybox
ROUNDS=${ROUNDS:-40}
racing=

clean() {
    stop
    for id in $(ls "$dir/oci" 2>/dev/null); do "$launcher" oci --root "$dir/oci" delete --force "$id"; done
    remove_dir
}
plan() { "$planned" assemble >"$dir/$1" || fail "assemble $1"; }
run() {
    state=$(mktemp -d "$dir/state.XXXXXX")
    out=$(timeout 20 "$planned" run "$dir/$1" "$state" 2>"$dir/err" </dev/null)
    code=$?
    err=$(cat "$dir/err")
    rm -rf "$state"
    [ $code != 124 ] || fail "$1 hangs"
}
race() {
    : >"$dir/ready"
    "$racer" "$@" >"$dir/ready" &
    racing=$!
    until grep -q ready "$dir/ready"; do kill -0 $racing || break; done
}
stop() {
    [ -z "$racing" ] || { kill -9 "$racing" && wait "$racing"; } 2>/dev/null
    racing=
}
# rounds PLAN CHECK: runs it while somebody races; CHECK is for each that has got through. One has to: refusing all is no defence.
rounds() {
    won=0
    done=0
    while [ $done -lt "$ROUNDS" ] || { [ $won = 0 ] && [ $done -lt $((ROUNDS * 20)) ]; }; do
        done=$((done + 1))
        run "$1"
        if [ $code = 0 ]; then
            won=$((won + 1))
            $2
        fi
    done
    kill -0 "$racing" 2>/dev/null || fail "$1: nobody raced"
    stop
    [ $won -gt 0 ] || fail "$1: none got through, the last with: $err"
}

root_of_busybox "$dir/rootfs" sh cat ls grep true sleep
mkdir "$root/etc" "$root/proc" "$root/dev" "$root/vol" "$dir/victim" "$dir/shared"
cp "$racer" "$root/bin/racer"
echo secret >"$dir/secret"
echo secret >"$root/masked"

NAMESPACES="host unshare 0x6c020000" # mnt uts ipc pid net
ROOT="inside rootfs $root 0x84000
inside filesystem 0 proc proc 0xe []
inside attach 0 /proc 1"
DEV="inside filesystem 1 tmpfs tmpfs 0x2 [mode=755]
inside attach 1 /dev 1
inside device /dev/null 0020000 1 3 0666 0 0"
SHARED="host tree 9 $dir/shared 0
$NAMESPACES
$ROOT
$DEV
inside attach 9 /vol 1"

# --- CVE-2021-30465, CVE-2024-45310: a neighbour in a shared volume exchanges the directory that something is to be mounted in for
# a link to the host
mkdir "$dir/shared/target" "$dir/shared/elsewhere"
ln -s "../../../../../../../../..$dir/victim" "$dir/shared/link"
plan mountrace <<END
$SHARED
inside filesystem 2 tmpfs marker 0 []
inside attach 2 /vol/target/deep/er 1
inside tree 3 $dir/secret 0
inside attach 3 /vol/target/file 2
inside pivot 1
gate exec / [sh,-c,grep -c ^marker /proc/mounts; test -e $dir/victim && echo escaped] [PATH=/bin]
END
inside() { same "mounts in the container" "$(echo "$out" | head -1)" 1; }
race exchange "$dir/shared/target" "$dir/shared/link"
rounds mountrace inside
same "made on the host" "$(ls -A "$dir/victim")" ""
rm -rf "$root$dir"

# --- CVE-2025-31133: a neighbour in a shared /dev exchanges /dev/null for what is to be revealed
mkdir "$dir/devices"
mknod "$dir/devices/null" c 1 3
ln -s /proc/sys/kernel/hostname "$dir/devices/fake"
echo fake >"$dir/devices/fake.file"
plan maskrace <<END
host tree 9 $dir/devices 0
$NAMESPACES
$ROOT
inside attach 9 /dev 1
inside pivot 1
inside mask /masked ""
inside mask /proc/uptime ""
gate exec / [sh,-c,cat /masked /proc/uptime] [PATH=/bin]
END
masked() { same "what a masked file shows (CVE-2025-31133)" "$out" ""; }
for other in fake fake.file; do
    race exchange "$dir/devices/null" "$dir/devices/$other"
    rounds maskrace masked
    [ -c "$dir/devices/null" ] || mv "$dir/devices/$other" "$dir/devices/null"
done
rm "$dir/devices/null"
run maskrace
[ "$code" = 125 ] || fail "nothing is masked where there is no /dev/null, and nobody is told"

# --- CVE-2025-52565: the same with /dev/console and /dev/pts
mknod "$dir/devices/null" c 1 3
rm -f "$dir/devices/console"
: >"$dir/devices/console"
ln -s /masked "$dir/devices/evil"
mkdir -p "$dir/devices/pts"
plan consolerace <<END
host tree 9 $dir/devices 0
$NAMESPACES
$ROOT
inside attach 9 /dev 1
inside filesystem 2 devpts devpts 0xa [newinstance,ptmxmode=0666,mode=0620]
inside attach 2 /dev/pts 1
inside pivot 1
inside terminal 80 24
inside dev-console
gate exec / [sh,-c,grep -q " /masked " /proc/mounts && exit 3; exit 0] [PATH=/bin]
END
"$racer" console "$dir/console" >/dev/null &
console=$!
export PLANNED_CONSOLE="$dir/console"
until [ -S "$dir/console" ]; do kill -0 $console || break; done
nothing() { :; }
race exchange "$dir/devices/console" "$dir/devices/evil"
rounds consolerace nothing
[ $code != 3 ] || fail "the terminal was put over another file (CVE-2025-52565)"
plan fakeptmx <<END
$NAMESPACES
$ROOT
$DEV
inside tree 5 $dir/secret 0
inside attach 5 /dev/pts/ptmx 2
inside pivot 1
inside terminal 80 24
gate exec / [true] [PATH=/bin]
END
run fakeptmx
has "a multiplexer that is none (CVE-2025-52565)" "$err" "/dev/pts/ptmx is not a terminal multiplexer"
plan linkedconsole <<END
$NAMESPACES
$ROOT
$DEV
inside filesystem 2 devpts devpts 0xa [newinstance,ptmxmode=0666,mode=0620]
inside attach 2 /dev/pts 1
inside symlink /masked /dev/console 0
inside pivot 1
inside terminal 80 24
inside dev-console
gate exec / [true] [PATH=/bin]
END
run linkedconsole
has "/dev/console is a link" "$err" "/dev/console is no file"
unset PLANNED_CONSOLE
{ kill -9 $console && wait $console; } 2>/dev/null

# --- CVE-2019-19921, CVE-2023-27561, CVE-2025-54867: /proc is exchanged for a link to a directory that the image has filled
mkdir "$dir/evil" "$root/fake-proc"
cp -a "$root/bin" "$dir/evil/"
mkdir "$dir/evil/proc" "$dir/evil/vol" "$dir/evil/fake"
ln -s fake "$dir/evil/link"
plan procrace <<END
$NAMESPACES
inside rootfs $dir/evil 0x84000
inside filesystem 0 proc proc 0xe []
inside attach 0 /proc 1
inside pivot 1
gate exec / [sh,-c,exit 0] [PATH=/bin]
END
race exchange "$dir/evil/proc" "$dir/evil/link"
rounds procrace nothing
[ -L "$dir/evil/proc" ] || mv -T "$dir/evil/link" "$dir/evil/other" 2>/dev/null
rm -rf "$dir/evil/proc" "$dir/evil/link" "$dir/evil/other"
ln -s fake "$dir/evil/proc"
run procrace
has "/proc is a link" "$err" "must be a real directory"

# --- CVE-2019-16884: what is no procfs is not mounted at /proc, where labels and sysctls would be looked for
plan fakeproc <<END
$NAMESPACES
inside rootfs $root 0x84000
inside filesystem 0 tmpfs tmpfs 0 []
inside attach 0 /proc 1
gate exec / [true] [PATH=/bin]
END
run fakeproc
has "tmpfs at /proc" "$err" "/proc cannot be mounted because it is not of type proc"

# --- CVE-2025-52881: a write to /proc is not led elsewhere by what is mounted there
if [ -e /proc/sys/kernel/ns_last_pid ]; then
    echo untouched >"$dir/untouched"
    plan sysctl <<END
$NAMESPACES
host tree 9 $dir/untouched 0
$ROOT
inside attach 9 /proc/sys/kernel/ns_last_pid 2
inside pivot 1
inside sysctl kernel/ns_last_pid 1000
gate exec / [true] [PATH=/bin]
END
    run sysctl
    same "sysctl under a file that was mounted there: $err" "$code" 0
    same "the file that was mounted there" "$(cat "$dir/untouched")" untouched
fi

# --- CVE-2026-41579: /dev is a link to the host; device nodes are not made or given away there
mkdir "$dir/linked"
cp -a "$root/bin" "$dir/linked/"
mkdir "$dir/linked/proc" "$dir/linked/real"
for to in "../../../../../../..$dir/victim" "$dir/victim" real; do
    rm -f "$dir/linked/dev"
    ln -s "$to" "$dir/linked/dev"
    for mount in "inside filesystem 1 tmpfs tmpfs 0x2 [mode=755]
inside attach 1 /dev 1" ""; do
        plan linkeddev <<END
$NAMESPACES
inside rootfs $dir/linked 0x84000
$mount
inside device /dev/null 0020000 1 3 0666 0 0
inside device /dev/full 0020000 1 7 0666 77 88
inside symlink pts/ptmx /dev/ptmx 1
inside pivot 1
gate exec / [true] [PATH=/bin]
END
        run linkeddev
        same "made on the host through a /dev that is a link to $to" "$(ls -A "$dir/victim")" ""
    done
done

# --- a device that is exchanged for a link before it is given its owner
echo victim >"$dir/victim/file"
plan devicerace <<END
host tree 9 $dir/shared 0
$NAMESPACES
$ROOT
$DEV
inside attach 9 /vol 1
inside device /vol/full 0020000 1 7 0666 77 88
inside pivot 1
gate exec / [true] [PATH=/bin]
END
rm -rf "$dir/shared"
mkdir "$dir/shared"
race plant "$dir/victim/file" "$dir/shared/full"
for _ in $(seq "$ROUNDS"); do
    run devicerace
    rm -f "$dir/shared/full"
done
stop
same "owner and mode of a file on the host" "$(stat -c '%u %a' "$dir/victim/file")" "0 644"

# --- CVE-2024-21626: a descriptor of the launcher's leads to the host: as working directory, program, place of a mount, by a link
ln -s /proc/self/fd "$root/fds"
for fd in 3 4 5 6 7 8 9 10; do
    for what in "gate exec /fds/$fd [true]" "gate exec / [/proc/self/fd/$fd/bin/busybox,true]" "gate exec / [/fds/$fd/../../../bin/busybox,true]" \
        "inside filesystem 5 tmpfs t 0 []
inside attach 5 /proc/self/fd/$fd/x 1
gate exec / [true]"; do
        case $what in inside*) before=${what%gate*} ;; *) before= ;; esac
        plan descriptor <<END
$NAMESPACES
$ROOT
$before
inside pivot 1
gate${what##*gate} [PATH=/bin]
END
        run descriptor
        [ "$code" = 125 ] || fail "through descriptor $fd (CVE-2024-21626): code $code of $what"
    done
done
[ ! -e /x ] || fail "a directory was made on the host"

# --- an image whose /etc/passwd never ends
for kind in p "c 1 5"; do
    rm -f "$root/etc/passwd"
    # shellcheck disable=SC2086 # two words
    mknod "$root/etc/passwd" $kind
    plan passwd <<END
$NAMESPACES
$ROOT
inside pivot 1
gate exec / [sh,-c,echo \$HOME] [PATH=/bin]
END
    run passwd
    same "home where /etc/passwd is no file ($kind)" "$out" /
done
rm -f "$root/etc/passwd"

# --- CVE-2016-9962, CVE-2019-5736: a container that waits for whoever comes in: to look at it if it may trace nobody, and to write to
# the program that came in if it may
bundle_by_hand
cp "$launcher" "$dir/carafe-launcher"
sum=$(sha256sum <"$dir/carafe-launcher")
"$planned" assemble "$dir/bundle/config.json" >"$dir/exec.plan" <<END
host join 0x2c020000 0 ""
gate exec / [/bin/true] [PATH=/bin]
END
watched() { # RACER'S MODE, STEP
    "$planned" assemble "$dir/bundle/config.json" >"$dir/bundle/plan" <<END
host state 1.2.0 $root ""
host unshare 0x2c020000
$ROOT
inside pivot 1
$2
gate exec / [/bin/racer,$1] [PATH=/bin]
END
    "$dir/carafe-launcher" oci --root "$dir/oci" create -b "$dir/bundle" "$1" >"$dir/$1" 2>&1 </dev/null \
        && "$dir/carafe-launcher" oci --root "$dir/oci" start "$1" || { fail "$1: $(cat "$dir/$1")"; return; }
    until grep -q ready "$dir/$1"; do "$busybox" usleep 10000; done
    for _ in $(seq "$ROUNDS"); do "$dir/carafe-launcher" oci --root "$dir/oci" exec --plan "$dir/exec.plan" "$1" </dev/null || fail "exec"; done
    "$dir/carafe-launcher" oci --root "$dir/oci" delete --force "$1" || fail "delete"
}
watched spy "gate capabilities 0x1 0x1 0 0x1 0" # CAP_CHOWN: root without CAP_SYS_PTRACE
hasnt "a process that comes in is seen (CVE-2016-9962)" "$(cat "$dir/spy")" saw
for _ in 1 2 3; do # until it was quick enough once
    watched overwrite ""
    ! grep -q held "$dir/overwrite" || break
done
has "who may trace gets hold of what came in" "$(cat "$dir/overwrite")" held
hasnt "and writes to it (CVE-2019-5736)" "$(cat "$dir/overwrite")" wrote
same "the launcher's file" "$(sha256sum <"$dir/carafe-launcher")" "$sum"

finish "attacks checked"
