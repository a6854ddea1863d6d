#!/bin/sh
# usage: oci.sh LAUNCHER PLANNED: carafe-oci's commands over plans made by hand, on the real kernel; needs root and a static busybox
launcher=$(realpath "$1")
planned=$(realpath "$2")
. "$(dirname "$0")/lib.sh"
need_busybox
find_hierarchy
cgroup=$hierarchy/carafe-oci-test-$$

clean() {
    for id in $(ls "$dir/root" 2>/dev/null); do oci delete --force "$id" 2>/dev/null; done
    for c in "$cgroup"*/sub "$cgroup"*; do [ ! -d "$c" ] || rmdir "$c"; done
    remove_dir
}
oci() { "$launcher" oci --root="$dir/root" "$@"; }
# refused CODE WORDS COMMAND...: it fails with this code, says these words to people and, as one object, in the log
refused() {
    code=$1 words=$2
    shift 2
    rm -f "$dir/log"
    said=$("$launcher" oci --root "$dir/root" --log "$dir/log" --log-format json "$@" 2>&1 </dev/null)
    same "exit code of $*" $? "$code"
    has "$*" "$said" "$words"
    same "objects in the log of $*" "$(grep -c '^{"level":"error","msg":".*","time":".*"}$' "$dir/log") of $(wc -l <"$dir/log")" "1 of 1"
    grep -qF "$(printf '%s' "$words" | sed 's/"/\\"/g')" "$dir/log" || fail "$*: not in the log: $words"
}
# nothing is there of any container
untouched() {
    same "state after $*" "$(ls "$dir/root" 2>/dev/null)" ""
    [ ! -e "$cgroup" ] || fail "a cgroup after $*"
}
status() { oci state "$1" 2>/dev/null | sed 's/.*"status":"\([a-z]*\)".*/\1/'; }

root_of_busybox "$dir/rootfs" sh sleep
mkdir "$dir/rootfs/dev" "$dir/rootfs/proc"
: >"$dir/rootfs/dev/null" # a shell gives it to what runs in the background
bundle_by_hand

# plan PROGRAM: the bundle gets the plan of a container that runs this (words with commas); further steps are in the file "more",
# and namespaces in $flags
flags=0x2c020000 # mount, UTS, IPC, PID
plan() {
    {
        echo "host state 1.2.0 $dir/rootfs {\"org.test\":\"a-b\"}"
        echo "host cgroup @linux.cgroupsPath $cgroup 1"
        echo "host unshare @linux.namespaces $flags"
        echo "outside enter @linux.cgroupsPath $cgroup"
        echo "inside rootfs @root $dir/rootfs 0x84000"
        [ ! -e "$dir/more" ] || cat "$dir/more"
        echo "inside pivot 1"
        echo "gate exec @process / [$1] [PATH=/bin]"
        echo "deleted cgroup-remove @linux.cgroupsPath $cgroup"
    } | "$planned" assemble "$dir/bundle/config.json" >"$dir/bundle/plan" || fail "assemble"
    rm -f "$dir/more"
}

# from create to delete
plan "/bin/sleep,100"
oci create --bundle "$dir/bundle" --pid-file "$dir/pid" one >"$dir/out" 2>&1 || fail "create: $(cat "$dir/out")"
pid=$(cat "$dir/pid")
same "nothing is left beside the pid file" "$(ls -A "$dir" | grep pid)" pid
same "status after create" "$(status one)" created
state=$(oci state one)
has "state" "$state" "{\"ociVersion\":\"1.2.0\",\"id\":\"one\",\"pid\":$pid,\"status\":\"created\",\"bundle\":\"$dir/bundle\",\"rootfs\":\"$dir/rootfs\",\"created\":\"20"
has "state" "$state" '"annotations":{"org.test":"a-b"},"owner":"root"}'
has "list" "$(oci list --format json)" '[{"ociVersion":"1.2.0","id":"one"'
has "list" "$(oci list)" "one                  $pid"
same "list -q" "$(oci list -q)" one
same "cgroup" "$(cat "$cgroup/cgroup.procs")" "$pid"
same "state directory" "$(stat -c %a "$dir/root/one")" 700
refused 1 "container with given ID already exists" create --bundle "$dir/bundle" one
oci start one || fail start
same "status after start" "$(status one)" running
[ -e "$dir/root/one/exec.fifo" ] && fail "the gate is still there"
await "[ \"\$(tr '\\0' ' ' </proc/$pid/cmdline)\" = '/bin/sleep 100 ' ]"
refused 1 "cannot start an already running container" start one
refused 1 "cannot delete container one that is not stopped: running" delete one
same "ps" "$(oci ps --format json one)" "[$pid]"
oci ps one | grep -q "sleep 100" || fail "ps as a table"
oci pause one || fail pause
same "status when paused" "$(status one)" paused
refused 255 "cannot exec in a paused container" exec one /bin/sh
oci resume one || fail resume
same "status when resumed" "$(status one)" running
refused 1 "container not paused" resume one
refused 1 "unknown signal \"NOTHING\"" kill one NOTHING
oci kill one SIGCONT || fail "kill CONT"
oci kill one 9 || fail "kill 9"
await "[ \"\$(status one)\" = stopped ]"
has "state when stopped" "$(oci state one)" '"pid":0,"status":"stopped"'
refused 1 "container not running" kill one TERM
refused 1 "container not running" pause one
refused 1 "cannot start a container that has stopped" start one
refused 255 "container not running" exec one /bin/sh
oci delete one || fail delete
[ -e "$dir/root/one" ] || [ -e "$cgroup" ] && fail "delete leaves something"
for command in state start kill delete pause resume ps; do refused 1 "container does not exist" $command one; done
refused 255 "container does not exist" exec one /bin/sh
oci delete --force one || fail "delete --force of what is not there"

# a killed container that was paused; v1's would sleep on
plan "/bin/sleep,100"
oci create -b "$dir/bundle" one && oci start one && oci pause one && oci kill one KILL || fail "kill of a paused container"
await "[ \"\$(status one)\" = stopped ]"
oci delete one || fail "delete after that"

# without a pid namespace of its own all that is in the cgroup goes with the first process
flags=0x0c020000
plan "/bin/sh,-c,sleep 100 & exec sleep 100"
oci create -b "$dir/bundle" one && oci start one || fail "start in the host's pid namespace"
await "[ \"\$(wc -l <$cgroup/cgroup.procs)\" = 2 ]"
oci kill one KILL || fail "kill"
await "! grep -q . $cgroup/cgroup.procs"
oci delete one || fail "delete"
plan "/bin/sh,-c,sleep 100 & exec sleep 100"
oci create -b "$dir/bundle" one && oci start one || fail "start"
await "[ \"\$(wc -l <$cgroup/cgroup.procs)\" = 2 ]"
oci kill --all one TERM || fail "kill --all"
await "! grep -q . $cgroup/cgroup.procs"
oci delete one || fail "delete"
flags=0x2c020000

# run: the exit code, and nothing is left
plan "/bin/sh,-c,echo out; exit 7"
same "run prints" "$(oci run -b "$dir/bundle" one)" out
oci run --bundle "$dir/bundle" one >/dev/null
same "exit code of run" $? 7
flags=0x0c020000
plan "/bin/sh,-c,kill -9 \$\$"
oci run --bundle "$dir/bundle" one
same "exit code of run when killed" $? 137
flags=0x2c020000
plan "/bin/sh,-c,trap 'exit 5' TERM; echo ready; sleep 100 & wait"
: >"$dir/out" # what was said before is not this one's
"$launcher" oci --root="$dir/root" run -b "$dir/bundle" one >"$dir/out" &
await "grep -q ready $dir/out"
kill -TERM $!
wait $!
same "a signal is passed on" $? 5
plan "/bin/sh,-c,echo ready; sleep 100"
: >"$dir/out" # what was said before is not this one's
"$launcher" oci --root="$dir/root" run -b "$dir/bundle" one >"$dir/out" &
await "grep -q ready $dir/out"
oci pause one && oci resume one || fail "pause while run waits"
oci delete --force one || fail "delete --force while run waits"
wait $!
same "run of what somebody else removed" $? 137
untouched "a run whose container was removed"
plan "/bin/sh,-c,echo kept"
oci run --keep -b "$dir/bundle" one >/dev/null || fail "run --keep"
same "run --keep" "$(status one)" stopped
oci delete one || fail "delete"
plan "/bin/sleep,100"
oci run -d -b "$dir/bundle" --pid-file "$dir/pid" one >/dev/null 2>&1 || fail "run --detach"
same "run --detach" "$(status one)" running
oci delete -f one || fail "delete -f of a running container"
[ -e "$cgroup" ] && fail "delete -f leaves a cgroup"
same "nothing is left" "$(ls "$dir/root")" ""

# descriptors that are to be kept, counted behind those of LISTEN_FDS
plan "/bin/sh,-c,/bin/busybox cat <&3; /bin/busybox cat <&4; echo \$LISTEN_FDS \$LISTEN_PID"
same "preserved descriptors" "$(echo three >"$dir/3" && echo four >"$dir/4" && LISTEN_FDS=1 oci run -b "$dir/bundle" --preserve-fds 1 one 3<"$dir/3" 4<"$dir/4" | tr '\n' ' ')" "three four 1 1 "
plan "/bin/sh,-c,/bin/busybox cat <&3"
has "other descriptors" "$(oci run -b "$dir/bundle" one 3<"$dir/3" 2>&1)" "sh: "
refused 1 "not that many descriptors are open" create -b "$dir/bundle" --preserve-fds 200 one

# a terminal: run stands between, create hands it over
terminal() {
    cat >"$dir/more" <<END
inside filesystem @mounts[0] 0 tmpfs tmpfs 0 [mode=755]
inside attach @mounts[0] 0 /dev 1
inside filesystem @mounts[1] 1 devpts devpts 0xa [newinstance,ptmxmode=0666,mode=0620]
inside attach @mounts[1] 1 /dev/pts 1
inside symlink pts/ptmx /dev/ptmx 1
inside terminal @process.terminal 120 40
END
}
terminal
plan "/bin/sh,-c,/bin/busybox stty size; test -t 0 && read line && echo got \$line; exit 4"
out=$(echo words | oci run -b "$dir/bundle" one)
same "exit code of run with a terminal" $? 4
has "size of the terminal" "$out" "40 120"
has "what is typed" "$out" "got words"
refused 1 "cannot allocate tty if carafe-oci will detach without setting console socket" create -b "$dir/bundle" one
refused 1 "connect to socket $dir/nowhere/socket" create -b "$dir/bundle" --console-socket "$dir/nowhere/socket" one
refused 1 "cannot allocate tty" run -d -b "$dir/bundle" one
plan "/bin/sleep,100"
refused 1 "cannot use console socket" run -b "$dir/bundle" --console-socket "$dir/nowhere/socket" one
untouched terminals

# what cannot be done, each without leaving anything
plan "/bin/sleep,100"
for id in a/b .. . "" "a b" "$(printf 'a\nb')" ä; do refused 1 "invalid container ID format" create -b "$dir/bundle" "$id"; done
refused 1 "exactly 1 argument" create -b "$dir/bundle"
refused 1 "flag provided but not defined: -nothing" create --nothing one
refused 1 "no such command: nothing" nothing
refused 1 "no such file or directory" create -b "$dir/nowhere" one
mkdir "$dir/empty"
refused 1 "config.json not found" create -b "$dir/empty" one
refused 1 "write pid file $dir/nowhere/pid" create -b "$dir/bundle" --pid-file "$dir/nowhere/pid" one
untouched "wrong command lines"
plan "/bin/nothing,100"
refused 1 "exec: \"/bin/nothing\"" create -b "$dir/bundle" one
plan "nothing"
refused 1 'exec: "nothing": executable file not found in $PATH' create -b "$dir/bundle" one
untouched "programs that are not there"
plan "/bin/sleep,100"
echo '{"made":"by another hand"}' >"$dir/bundle/config.json"
refused 1 "is of another config.json" create -b "$dir/bundle" one
echo nonsense >"$dir/bundle/plan"
refused 1 "plan in bundle $dir/bundle" create -b "$dir/bundle" one
untouched "plans that are not this bundle's"
mkdir "$cgroup"
sleep 100 &
echo $! >"$cgroup/cgroup.procs"
plan "/bin/sleep,100"
refused 1 "container's cgroup is not empty" create -b "$dir/bundle" one
kill -0 $! || fail "somebody else's process was killed"
kill $!
wait $! 2>/dev/null
await "rmdir $cgroup"
untouched "a cgroup in use"
echo "host join @linux.namespaces[0] 0x40000000 0 /etc/passwd" >"$dir/more"
plan "/bin/sleep,100"
refused 1 "linux.namespaces[0]" create -b "$dir/bundle" one
untouched "a namespace that is none"
mv "$dir/rootfs" "$dir/rootfs.gone"
plan "/bin/sleep,100"
refused 1 "$dir/rootfs" create -b "$dir/bundle" one
mv "$dir/rootfs.gone" "$dir/rootfs"
untouched "a root file system that is not there"

# hooks
hook() { echo "$1 hook @hooks.$2[0] $2 /bin/sh [sh,-c,$3] [] ${4:-0}" >>"$dir/more"; }
hook outside createRuntime "sleep 100" 300
plan "/bin/sleep,100"
refused 1 "createRuntime" create -b "$dir/bundle" one
untouched "a hook that hangs"
hook outside createRuntime "head -c 100000000 /dev/zero"
plan "/bin/sleep,100"
refused 1 "createRuntime" create -b "$dir/bundle" one
untouched "a hook that says too much"
hook started poststart "head -c 1000000 /dev/zero; exit 3"
plan "/bin/sleep,100"
oci create -b "$dir/bundle" --pid-file "$dir/pid" one || fail "create"
refused 1 "poststart" start one
grep -qs '^State:.[^Z]' "/proc/$(cat "$dir/pid")/status" && fail "it runs on after its poststart hook failed"
untouched "a poststart hook that failed"
hook outside createRuntime "cat >$dir/at-create"
hook started poststart "cat >$dir/at-start"
hook deleted poststop "cat >$dir/at-stop; exit 1"
plan "/bin/sleep,100"
oci create -b "$dir/bundle" --pid-file "$dir/pid" one && oci start one && oci kill one KILL || fail "life with hooks"
await "[ \"\$(status one)\" = stopped ]"
has "a failed poststop hook is a warning" "$(oci delete one 2>&1)" "level=warning"
has "state for createRuntime" "$(cat "$dir/at-create")" "\"id\":\"one\",\"pid\":$(cat "$dir/pid"),\"status\":\"creating\",\"bundle\":\"$dir/bundle\",\"annotations\":{\"org.test\":\"a-b\"}}"
has "state for poststart" "$(cat "$dir/at-start")" "\"pid\":$(cat "$dir/pid"),\"status\":\"running\""
has "state for poststop" "$(cat "$dir/at-stop")" "\"pid\":0,\"status\":\"stopped\""
untouched "hooks"

# two at once: one wins
plan "/bin/sleep,100"
for i in 1 2 3 4; do
    { oci create -b "$dir/bundle" one >"$dir/race.$i" 2>&1 && echo won >>"$dir/won"; } &
    eval "race$i=$!"
done
# shellcheck disable=SC2154
wait $race1 $race2 $race3 $race4
same "creates that won" "$(cat "$dir/won")" won
same "creates that lost" "$(cat "$dir"/race.? | grep -c 'already exists')" 3
same "status of the winner" "$(status one)" created
oci delete one || fail "delete of a created container"
untouched "a race"

# kill -9 at each step: a fifo holds the command where it is written to, and afterwards there is nothing that cannot be removed
mkfifo "$dir/hold"
killed_at() {
    where=$1
    plan_with "$where"
    "$launcher" oci --root="$dir/root" create -b "$dir/bundle" --pid-file "$dir/pid" one >/dev/null 2>&1 &
    victim=$!
    await "grep -qs wait_for_partner /proc/$victim/wchan || grep -qs fifo_open /proc/$victim/wchan || ! kill -0 $victim 2>/dev/null"
    children=$(cat /proc/$victim/task/$victim/children 2>/dev/null)
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
    for child in $children; do await "[ ! -e /proc/$child ] || grep -q '^State:.Z' /proc/$child/status"; done
    refused 1 "container does not exist" state one
    oci delete --force one || fail "delete --force after kill -9 $where"
    untouched "kill -9 $where"
    rm -f "$dir/pid"
}
plan_with() {
    held="write $dir/hold x 0"
    {
        echo "host state 1.2.0 $dir/rootfs \"\""
        [ "$1" != "before the cgroup" ] || echo "host $held"
        echo "host cgroup @linux.cgroupsPath $cgroup 1"
        [ "$1" != "after the cgroup" ] || echo "host $held"
        echo "host unshare @linux.namespaces $flags"
        [ "$1" != "with a child" ] || echo "outside $held"
        echo "outside enter @linux.cgroupsPath $cgroup"
        [ "$1" != "with a child in the cgroup" ] || echo "outside $held"
        echo "outside sync"
        [ "$1" != "after half of inside" ] || echo "outside $held"
        echo "inside rootfs @root $dir/rootfs 0x84000"
        echo "inside sync"
        echo "inside pivot 1"
        echo "gate exec @process / [/bin/sleep,100] [PATH=/bin]"
        echo "deleted cgroup-remove @linux.cgroupsPath $cgroup"
    } | "$planned" assemble "$dir/bundle/config.json" >"$dir/bundle/plan" || fail "assemble"
}
for where in "before the cgroup" "after the cgroup" "with a child" "with a child in the cgroup" "after half of inside"; do killed_at "$where"; done

# kill -9 of start and of delete, which hang in what comes after
hook started poststart "sleep 100"
echo "deleted write $dir/hold x 0" >>"$dir/more"
plan "/bin/sleep,100"
oci create -b "$dir/bundle" --pid-file "$dir/pid" one || fail "create"
"$launcher" oci --root="$dir/root" start one &
await "grep -qs . /proc/$!/task/$!/children"
hook=$(cat /proc/$!/task/$!/children)
kill -9 $!
wait $! 2>/dev/null
await "! grep -qs '^State:.[^Z]' /proc/${hook% }/status"
same "status after a start that was killed" "$(status one)" running
"$launcher" oci --root="$dir/root" delete --force one &
await "grep -qs wait_for_partner /proc/$!/wchan || grep -qs fifo_open /proc/$!/wchan"
kill -9 $!
wait $! 2>/dev/null
same "status after a delete that was killed" "$(status one)" stopped
cat "$dir/hold" >/dev/null &
oci delete --force one || fail "delete --force after a delete that was killed"
wait $!
untouched "kill -9 of start and delete"

# delete --force while create hangs ends the create
plan_with "with a child in the cgroup"
"$launcher" oci --root="$dir/root" create -b "$dir/bundle" one >/dev/null 2>&1 &
await "grep -qs . $cgroup/cgroup.procs"
oci delete --force one || fail "delete --force of one that is being created"
wait $! 2>/dev/null
same "a create that is ended" $? 137
untouched "delete --force while create hangs"

# exec by a plan
plan "/bin/sleep,100"
oci create -b "$dir/bundle" one && oci start one || fail "start"
{
    echo "host join $flags 0 \"\""
    echo "outside enter $cgroup"
    echo "gate exec @process / [/bin/sh,-c,echo \$\$; exit 9] [PATH=/bin]"
} | "$planned" assemble "$dir/bundle/config.json" >"$dir/exec.plan" || fail "assemble"
out=$(oci exec --plan "$dir/exec.plan" one)
same "exit code of exec" $? 9
[ "$out" -gt 1 ] && [ "$out" -lt 100 ] || fail "exec is not in the pid namespace: $out"
oci exec --plan "$dir/exec.plan" --detach --pid-file "$dir/exec.pid" one >/dev/null || fail "exec --detach"
[ "$(cat "$dir/exec.pid")" -gt 1 ] || fail "exec's pid file"
{
    echo "host join $flags 0 \"\""
    echo "gate exec @process / [nothing] [PATH=/bin]"
} | "$planned" assemble "$dir/bundle/config.json" >"$dir/exec.plan" || fail "assemble"
refused 255 'exec: "nothing": executable file not found in $PATH' exec --plan "$dir/exec.plan" one
oci delete -f one || fail "delete -f"
untouched exec

# what failed is kept beside the root, small and not much of it, until a container of that id is made
kept() { cat "$dir/root.failures/$1" 2>/dev/null; }
digest=$(sha256sum "$dir/bundle/config.json" | cut -d ' ' -f 1)
plan "nothing"
refused 1 'executable file not found' create -b "$dir/bundle" one
has "a create that failed" "$(kept one)" "{\"id\":\"one\",\"command\":\"create\",\"time\":\"20"
has "a create that failed" "$(kept one)" "\"bundle\":\"$dir/bundle\",\"sha256\":\"$digest\",\"step\":6,\"phase\":\"gate\",\"op\":\"exec\",\"origin\":\"process\",\"errno\":0,\"message\":\"process: exec: "
same "modes" "$(stat -c %a "$dir/root.failures" "$dir/root.failures/one" | tr '\n' ' ')" "700 600 "
echo nonsense >"$dir/bundle/plan"
refused 1 "plan in bundle" create -b "$dir/bundle" one
has "a create without a step" "$(kept one)" "\"bundle\":\"$dir/bundle\",\"errno\":0,\"message\":\"plan in bundle "
echo "gate scheduler @process.scheduler 99 0 0 0 0 0 0" >"$dir/more"
plan "/bin/sleep,100"
oci create -b "$dir/bundle" one || fail "create"
same "a create that did not fail" "$(ls "$dir/root.failures")" ""
refused 1 "set scheduler: invalid argument" start one
has "a start that failed" "$(kept one)" "\"command\":\"start\""
has "a start that failed" "$(kept one)" "\"phase\":\"gate\",\"op\":\"scheduler\",\"origin\":\"process.scheduler\",\"errno\":22,"
refused 1 "cannot start a container that has stopped" start one
oci delete one || fail "delete"
has "what others say later is not the cause" "$(kept one)" "set scheduler"
plan "/bin/sleep,100"
oci create -b "$dir/bundle" one && oci start one || fail "start"
refused 1 "already exists" create -b "$dir/bundle" one
same "a create of what is there" "$(kept one)" ""
refused 255 'executable file not found' exec --plan "$dir/exec.plan" one
has "an exec that failed" "$(kept one)" "\"command\":\"exec\""
oci delete -f one || fail "delete -f"
plan "nothing"
for i in $(seq 70); do oci create -b "$dir/bundle" "n$i" >/dev/null 2>&1; done
same "how many are kept" "$(ls -A "$dir/root.failures" | wc -l)" 64
has "the last one is" "$(kept n70)" "\"id\":\"n70\""
same "the first one is not" "$(kept n1)" ""
"$launcher" oci --root "$dir/root//" create -b "$dir/bundle" slashes >/dev/null 2>&1
has "a root with slashes at its end" "$(kept slashes)" "\"id\":\"slashes\""
rm -r "$dir/root.failures"
mkdir "$dir/elsewhere"
ln -s "$dir/elsewhere" "$dir/root.failures"
oci create -b "$dir/bundle" one >/dev/null 2>&1
same "behind a link nothing is written" "$(ls -A "$dir/elsewhere")" ""
rm "$dir/root.failures"
mv "$dir/elsewhere" "$dir/root.failures"
chmod 777 "$dir/root.failures"
oci create -b "$dir/bundle" one >/dev/null 2>&1
same "nothing is written where others can" "$(kept one)" ""
rm -r "$dir/root.failures"
untouched "failures that are kept"

has "version" "$("$launcher" oci --version | head -1)" "runc version "
ln -s "$launcher" "$dir/carafe-oci"
has "by its name" "$("$dir/carafe-oci" --version | head -1)" "runc version "
has "help" "$("$dir/carafe-oci" --help)" "--pid-file VALUE"

finish "carafe-oci's commands checked"
