#!/bin/sh
# usage: killed.sh LAUNCHER PLANNED KILLER: kill -9 of each command of carafe-oci, and of the container's process, before each
# system call that changes anything (see killer.c). Whatever is left, `state` and `list` can be asked, `delete --force` succeeds,
# and then there is no state, no cgroup and no process. EVERY=5 takes each fifth. Needs root and a static busybox.
launcher=$(readlink -f "$1")
planned=$(readlink -f "$2")
killer=$(readlink -f "$3")
. "$(dirname "$0")/lib.sh"
need_busybox
every=${EVERY:-1}
find_hierarchy
cgroup=$hierarchy/$(basename "$dir")
kills=0

clean() {
    for id in $(ls "$dir/root" 2>/dev/null); do oci delete --force "$id"; done
    [ ! -d "$cgroup" ] || rmdir "$cgroup"
    remove_dir
}
oci() { "$launcher" oci --root "$dir/root" "$@"; }

root_of_busybox "$dir/rootfs" sh sleep
mkdir "$dir/rootfs/proc"
bundle_by_hand
plan() { # PROGRAM
    {
        echo "host state 1.2.0 $dir/rootfs \"\""
        echo "host filesystem @mounts[0] 0 tmpfs tmpfs 0 []"
        echo "host cgroup @linux.cgroupsPath $cgroup 1"
        echo "host unshare @linux.namespaces 0x2c020000"
        echo "outside rlimit @process.rlimits 7 100 100"
        echo "outside enter @linux.cgroupsPath $cgroup"
        echo "outside sync"
        echo "outside hook @hooks.createRuntime[0] createRuntime /bin/true [true] [] 5000"
        echo "inside rootfs @root $dir/rootfs 0x84000"
        echo "inside filesystem @mounts[1] 1 proc proc 0xe []"
        echo "inside attach @mounts[1] 1 /proc 1"
        echo "inside attach @mounts[0] 0 /tmp 1"
        echo "inside sync"
        echo "inside pivot 1"
        echo "inside hostname inside"
        echo "gate user 0 0 [] 18 1"
        echo "gate exec @process / [$1] [PATH=/bin]"
        echo "started hook @hooks.poststart[0] poststart /bin/true [true] [] 5000"
        echo "deleted cgroup-remove @linux.cgroupsPath $cgroup"
        echo "deleted hook @hooks.poststop[0] poststop /bin/true [true] [] 5000"
    } | "$planned" assemble "$dir/bundle/config.json" >"$dir/bundle/plan" || fail "assemble"
}
{
    echo "host join 0x2c020000 0 \"\""
    echo "outside enter $cgroup"
    echo "gate exec @process / [/bin/sleep,1000] [PATH=/bin]"
} | "$planned" assemble "$dir/bundle/config.json" >"$dir/exec.plan" || fail "assemble"

# who says a path of this test on its command line, but for the shell; the pattern comes from a file, so that grep does not
echo "$dir/" >"$dir/pattern"
left() {
    (cd "$dir" && grep -laf pattern /proc/[0-9]*/cmdline 2>/dev/null) | sed 's|/proc/||; s|/cmdline||'
}
all_gone() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -n "$(left)" ] || return 0
        "$busybox" usleep 200000
    done
    for process in $(left); do echo "left: $(ps -o pid,ppid,stat,wchan:20,args -p "$process" | tail -1)"; done
    fail "$1: processes are left"
}
# cleaned WHAT: delete --force gets rid of whatever there is
cleaned() {
    timeout 30 "$launcher" oci --root "$dir/root" list >/dev/null 2>"$dir/err" || fail "$1: list: $(cat "$dir/err")"
    status=$(timeout 30 "$launcher" oci --root "$dir/root" state one 2>"$dir/err") || grep -q "container does not exist" "$dir/err" \
        || fail "$1: state: $(cat "$dir/err")"
    timeout 30 "$launcher" oci --root "$dir/root" delete --force one 2>"$dir/err" || fail "$1: delete --force, of $status: $(cat "$dir/err")"
    [ -z "$(ls "$dir/root" 2>/dev/null)" ] || fail "$1: state is left"
    [ ! -e "$cgroup" ] || fail "$1: a cgroup is left with $(cat "$cgroup/cgroup.procs")"
}
# walk VICTIM PREPARATION COMMAND...: kills it before its first call, its second, and so on until it ends by itself
walk() {
    victim=$1 prepared=$2
    shift 2
    at=1
    while :; do
        $prepared || fail "prepare $*"
        "$killer" "$victim" $at "$launcher" oci --root "$dir/root" "$@" >"$dir/out" 2>&1 </dev/null
        code=$?
        cleaned "kill -9 of $victim of $1 at call $at"
        case $code in
        0) kills=$((kills + 1)) ;;
        3) break ;;
        *) echo "killed.sh: $(cat "$dir/out"); processes cannot be traced here, skipped" >&2; exit 0 ;;
        esac
        at=$((at + every))
    done
    [ $at -gt 1 ] || fail "$*: was never killed"
    all_gone "$*"
}
nothing() { :; }
created() { oci create -b "$dir/bundle" one >/dev/null 2>&1 </dev/null; }
running() { created && oci start one; }
paused() { running && oci pause one; }
stopped() { running && oci kill one KILL && until oci state one | grep -q '"status":"stopped"'; do "$busybox" usleep 10000; done; }

plan /bin/sleep,1000
walk main nothing create -b "$dir/bundle" --pid-file "$dir/pid" one
walk child nothing create -b "$dir/bundle" --pid-file "$dir/pid" one
walk main created start one
walk main running exec --plan "$dir/exec.plan" --detach --pid-file "$dir/pid" one
walk child running exec --plan "$dir/exec.plan" --detach --pid-file "$dir/pid" one
walk main running kill one TERM
walk main running pause one
walk main paused resume one
walk main stopped delete one
walk main created delete one
walk main paused delete --force one
plan "/bin/sh,-c,exit 0"
walk main nothing run -b "$dir/bundle" one

finish "killed $kills times, and nothing was left"
