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
