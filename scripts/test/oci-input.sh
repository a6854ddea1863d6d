#!/usr/bin/env bash
# carafe-oci as a person calls it, with no plan in the bundle: what is wrong in config.json is told in one line that names the
# property, in the log as one object, with exit code 1, and nothing is left; what is right runs, as root and without privileges.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

need_root test
"$top/scripts/deps.sh" test
dir=$(mktemp -d /var/tmp/carafe-oci-input.XXXXXX)
chmod 711 "$dir" # somebody without privileges runs it too
trap leave EXIT
leave() {
    local status=$? state
    trap - EXIT
    for state in "$dir"/root/*; do
        [ ! -d "$state" ] || oci delete --force "$(basename "$state")" || true
    done
    rm -rf "$dir"
    exit "$status"
}
if [ -n "${OCI_RUNTIME-}" ]; then
    runtime=$(command -v "$OCI_RUNTIME")
else
    "$top/scripts/install.sh" "" "$dir/install"
    runtime=$dir/install/bin/carafe-oci
fi
name=carafe-oci-input-$$
oci() { "$runtime" --root "$dir/root" "$@"; }
passed=0
same() { # NAME GOT EXPECTED
    [ "$2" = "$3" ] || { echo "failed: $1: expected '$3', got '$2'"; exit 1; }
    passed=$((passed + 1))
}

bundle=$dir/bundle
mkdir -p "$bundle/rootfs"/{bin,proc,dev,sys,tmp}
cp "$(command -v busybox)" "$bundle/rootfs/bin/"
for program in sh id cat true sleep; do ln -s busybox "$bundle/rootfs/bin/$program"; done
oci spec --bundle "$bundle"
jq --arg name "/$name" '.process.terminal = false | .process.args = ["sh", "-c", "id -u; exit 3"] | .linux.cgroupsPath = $name | del(.process.rlimits)' \
    "$bundle/config.json" >"$dir/right.json"

code=0
cp "$dir/right.json" "$bundle/config.json"
said=$(oci run --bundle "$bundle" one) || code=$?
same "a container that runs" "$said $code" "0 3"

# wrong WORDS JQ: the configuration changed so is refused with these words
wrong() {
    jq "$2" "$dir/right.json" >"$bundle/config.json"
    refused "$1"
}
refused() {
    local code=0 said
    rm -f "$dir/log"
    said=$("$runtime" --root "$dir/root" --log "$dir/log" --log-format json create --bundle "$bundle" --pid-file "$dir/pid" one 2>&1 >/dev/null </dev/null) || code=$?
    same "exit code: $1" $code 1
    case $said in *"$1"*) passed=$((passed + 1)) ;; *) echo "failed: expected '$1' in '$said'"; exit 1 ;; esac
    same "lines on standard error: $1" "$(wc -l <<<"$said")" 1
    same "objects in the log: $1" "$(jq -r '.level + " " + .msg' "$dir/log")" "error $said"
    same "what is left: $1" "$(ls "$dir/root" "$dir/pid" 2>/dev/null; find /sys/fs/cgroup -name "$name")" "$dir/root:"
}
echo '{"ociVersion": "1.0.0", ' >"$bundle/config.json"
refused config.json
echo '[]' >"$bundle/config.json"
refused config.json
wrong ociVersion '.ociVersion = "2.0.0"'
wrong process.args '.process.args = "sh"'
wrong "process.capabilities" '.process.capabilities.bounding = ["CAP_NOTHING"]'
wrong "process.cwd" '.process.cwd = "relative"'
wrong "linux.namespaces" '.linux.namespaces[0].type = "nothing"'
wrong "linux.namespaces" '.linux.namespaces += [{"type": "user", "path": "/etc/passwd"}]'
wrong "linux.seccomp" '.linux.seccomp = {"defaultAction": "SCMP_ACT_NOTHING"}'
wrong "rlimits" '.process.rlimits = [{"type": "RLIMIT_NOTHING", "soft": 1, "hard": 1}]'
wrong "mounts" '.mounts += [{"destination": "/tmp", "type": "bind", "source": "/no/such/source", "options": ["bind"]}]'
wrong "mounts" '.mounts += [{"destination": "/proc/self", "type": "tmpfs", "source": "tmpfs"}]'
wrong "/no/such/rootfs" '.root.path = "/no/such/rootfs"'
wrong "hooks" '.hooks = {"createRuntime": [{"path": "relative"}]}'
wrong "hook" '.hooks = {"createRuntime": [{"path": "/no/such/hook"}]}'
wrong "hook" '.hooks = {"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "100"], "timeout": 1}]}'
# shellcheck disable=SC2016 # callers look for these very words
wrong 'exec: "nothing": executable file not found in $PATH' '.process.args = ["nothing"]'

# what failed last is explained: step, property, errno, remedy
explained() { # NAME EXPECTED...
    [ -z "${OCI_RUNTIME-}" ] || return 0 # another runtime keeps no failures
    local name=$1 said words
    shift
    said=$("$dir/install/bin/carafe" oci explain --root "$dir/root" --json one | jq -r .failure.message)
    same "$name: what callers are told" "$said" "$(jq -r .msg "$dir/log")"
    said=$("$dir/install/bin/carafe" oci explain --root "$dir/root" one)
    for words; do
        case $said in *"$words"*) passed=$((passed + 1)) ;; *) echo "failed: $name: expected '$words' in '$said'"; exit 1 ;; esac
    done
}
# shellcheck disable=SC2016 # callers look for these very words
explained "a program that is not there" "create of one failed at 20" 'exec: "nothing": executable file not found in $PATH' \
    "phase gate, op exec" "made of:   process in $bundle/config.json" '"nothing"' "remedy:    no directory of PATH in process.env"
wrong "mounts" '.mounts += [{"destination": "/tmp", "type": "bind", "source": "/no/such/source", "options": ["bind"]}]'
explained "a source that is not there" "op tree" "path=/no/such/source" "errno:     2, ENOENT" '"destination" : "/tmp"' \
    "remedy:    the source is not there on the host: make it, or correct its path"
wrong "linux.namespaces" '.linux.namespaces[0].type = "nothing"'
explained "a value that is unknown" "step:      none" "made of:   linux.namespaces[0].type in" '"nothing"' "remedy:    correct what the message names"

# values of another type, which a reader that means well would take
wrong "process.user.uid" '.process.user.uid = "0"'
wrong "process.args" '.process.args = ["sleep", 1000]'
wrong "process.noNewPrivileges" '.process.noNewPrivileges = "false"'
wrong "linux.resources.pids.limit" '.linux.resources.pids.limit = 7.5'
wrong "linux.namespaces[0].type" '.linux.namespaces[0].type = 1'
wrong "process.env[0]" '.process.env = ["NOTHING"]'
wrong "root" 'del(.root)'
wrong "mounts[0].destination" '.mounts[0].destination = "relative"'
# what is asked about while nobody can answer yet
wrong "linux.seccomp.syscalls[0].names" '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/x",
    "syscalls": [{"names": ["sendmsg"], "action": "SCMP_ACT_NOTIFY"}]}'

# a cgroup that is frozen; a pid file in a directory that is not there; a bundle that is not there
freezer=/sys/fs/cgroup/freezer/$name
if [ -d /sys/fs/cgroup/freezer ]; then
    mkdir "$freezer"
    echo FROZEN >"$freezer/freezer.state"
    cp "$dir/right.json" "$bundle/config.json"
    code=0
    said=$(oci create --bundle "$bundle" one 2>&1 >/dev/null </dev/null) || code=$?
    same "exit code: a frozen cgroup" $code 1
    case $said in *frozen*) passed=$((passed + 1)) ;; *) echo "failed: a frozen cgroup: '$said'"; exit 1 ;; esac
    same "a frozen cgroup is left as it was" "$(cat "$freezer/freezer.state")" FROZEN
    echo THAWED >"$freezer/freezer.state"
    rmdir "$freezer"
    same "what is left: a frozen cgroup" "$(ls "$dir/root")" ""
fi
for flags in "--bundle $bundle --pid-file $dir/no-directory/pid" "--bundle $dir/no-bundle"; do
    cp "$dir/right.json" "$bundle/config.json"
    code=0
    # shellcheck disable=SC2086 # flags are words
    said=$(oci create $flags one 2>&1 >/dev/null </dev/null) || code=$?
    same "exit code: $flags" $code 1
    case $said in *"no such file or directory"*) passed=$((passed + 1)) ;; *) echo "failed: $flags: '$said'"; exit 1 ;; esac
    same "what is left: $flags" "$(ls "$dir/root"; find /sys/fs/cgroup -name "$name")" ""
done

# two creates of one id at once, each with a compiler of its own
jq '.process.args = ["sleep", "1000"]' "$dir/right.json" >"$bundle/config.json"
code=0
oci create --bundle "$bundle" one >"$dir/race" 2>&1 </dev/null &
oci create --bundle "$bundle" one >"$dir/race.too" 2>&1 </dev/null || code=$?
wait $! || code=$((code + $?))
same "exit codes of two creates" $code 1
same "who came second" "$(cat "$dir/race" "$dir/race.too" | sed 's/.*msg="//; s/"$//')" "container with given ID already exists: one"
oci delete --force one

# kill -9 while the compiler works
for pause in 0.02 0.1 0.3 0.6; do
    oci create --bundle "$bundle" one >/dev/null 2>&1 </dev/null &
    killed=$!
    sleep $pause
    kill -9 $killed 2>/dev/null || true
    wait $killed 2>/dev/null || true
    oci delete --force one
    same "what is left of a create that was killed after $pause s" "$(ls "$dir/root"; find /sys/fs/cgroup -name "$name")" ""
done

# a bundle that vanishes while the container runs
cp -a "$bundle" "$dir/gone"
oci run --detach --bundle "$dir/gone" one >/dev/null 2>&1
rm "$dir/gone/config.json"
code=0
said=$(oci exec one true 2>&1) || code=$?
same "exit code: exec without a bundle" $code 255
case $said in *config.json*"no such file or directory"*) passed=$((passed + 1)) ;; *) echo "failed: exec without a bundle: '$said'"; exit 1 ;; esac
rm -rf "$dir/gone"
same "state without a bundle" "$(oci state one | jq -r .status)" running
oci kill one KILL
for _ in $(seq 100); do [ "$(oci state one | jq -r .status)" != stopped ] || break; sleep 0.05; done
oci delete one
same "what is left: a bundle that vanished" "$(ls "$dir/root"; find /sys/fs/cgroup -name "$name")" ""

# no namespace at all: the mounts are the host's, and go with the container; an exec finds its root
jq '.process.args = ["sleep", "1000"] | .linux.namespaces = [] | .root.readonly = false | del(.hostname)' "$dir/right.json" >"$bundle/config.json"
oci run --detach --bundle "$bundle" one >/dev/null 2>&1
same "exec where there is no mount namespace" "$(oci exec one sh -c "echo /bin/b*")" /bin/busybox
oci delete --force one
same "mounts that are left" "$(grep -c "$bundle" /proc/self/mountinfo || true)" 0
same "what is left: no namespaces" "$(ls "$dir/root"; find /sys/fs/cgroup -name "$name")" ""

# exec and update of what was compiled in two ways
cp "$dir/right.json" "$bundle/config.json"
jq '.process.args = ["sleep", "1000"]' "$dir/right.json" >"$bundle/config.json"
oci run --detach --bundle "$bundle" one >/dev/null 2>&1
# shellcheck disable=SC2016 # the container's shell expands it
same "exec by flags" "$(oci exec --user 5:6 --cwd /tmp --env A=b one sh -c 'id -u; echo $A; pwd' | tr '\n' ' ')" "5 b /tmp "
jq '.process | .args = ["sh", "-c", "exit 9"]' "$dir/right.json" >"$dir/process.json"
code=0
oci exec --process "$dir/process.json" one || code=$?
same "exec by a file" $code 9
code=0
said=$(oci exec --process "$dir/no-file" one 2>&1) || code=$?
same "exec by a file that is not there" $code 255
echo '{"pids": {"limit": 77}}' | oci update --resources - one
same "update from standard input" "$(cat /sys/fs/cgroup/pids/"$name"/pids.max 2>/dev/null || cat /sys/fs/cgroup/"$name"/pids.max)" 77
oci update --pids-limit 78 one
same "update by flags" "$(cat /sys/fs/cgroup/pids/"$name"/pids.max 2>/dev/null || cat /sys/fs/cgroup/"$name"/pids.max)" 78
same "events" "$(oci events --stats one | jq -r '.type + " " + .id')" "stats one"
if [ -d /sys/fs/cgroup/pids ]; then
    mkdir "/sys/fs/cgroup/pids/$name/inner"
    same "exec in a cgroup of the container's" "$(oci exec --cgroup pids:inner one cat /proc/self/cgroup | sed -n 's/^[0-9]*:pids://p')" "/inner"
fi
code=0
said=$(oci exec --cgroup ../elsewhere one true 2>&1) || code=$?
same "exec in a cgroup that is not the container's" $code 255
same "help of a command" "$(oci exec --help | grep -c -e --ignore-paused)" 1
oci delete --force one
same "what is left" "$(ls "$dir/root"; find /sys/fs/cgroup -name "$name")" ""
# somebody without privileges, who is root inside
user() { setpriv --reuid 1000 --regid 1000 --clear-groups env HOME="$dir/user" XDG_RUNTIME_DIR="$dir/user/run" "$@"; }
mkdir -p "$dir/user/run" "$dir/user/bundle"
cp -a "$bundle/rootfs" "$dir/user/bundle/"
chown -R 1000:1000 "$dir/user"
user "$runtime" spec --rootless --bundle "$dir/user/bundle"
jq '.process.terminal = false | .process.args = ["sh", "-c", "id -u; cat /proc/self/uid_map"] | del(.process.rlimits)' \
    "$dir/user/bundle/config.json" >"$dir/rootless.json"
cp "$dir/rootless.json" "$dir/user/bundle/config.json"
same "without privileges" "$(user "$runtime" run --bundle "$dir/user/bundle" one | tr -s ' \n' ' ')" "0 0 1000 1 "
same "what is left without privileges" "$(ls "$dir/user/run/carafe-oci")" ""
same features "$(oci features | jq -r .ociVersionMax)" 1.3.0
echo "$passed passed, 0 failed"
