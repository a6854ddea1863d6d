# shellcheck shell=bash disable=SC2154,SC2034
# A node for the tests under a kubelet: carafed and the kubelet in a mount namespace of their own, started, stopped and
# killed apart from each other. Sourced after lib.sh and host.sh; $home is where everything is.

node_cgroup=/carafe-kubelet
node_bridge=cfkubelet
daemon="" kubelet=""

# The kubelet's places that no flag moves are bound to directories of the test, where only its programs see them.
enter_node() {
    mount --make-rshared /
    mkdir -p "$home"/{lib,log,manifests,shared} /var/lib/kubelet
    mount --bind "$home/lib" /var/lib/kubelet
    mount --bind "$home/log" /var/log
}

# make_cgroups: a kubelet wants the cgroup that it is given in every hierarchy, and on v1 with processors and memory nodes.
make_cgroups() {
    local cpuset=/sys/fs/cgroup/cpuset file
    for_each_hierarchy mkdir -p
    [ ! -d $cpuset ] || for file in cpus mems; do cat $cpuset/cpuset.$file >$cpuset$node_cgroup/cpuset.$file; done
}

# for_each_hierarchy COMMAND...: with the node's cgroup in each as the last word.
for_each_hierarchy() {
    local root
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        "$@" /sys/fs/cgroup$node_cgroup
        return
    fi
    for root in /sys/fs/cgroup/*/; do
        ! mountpoint -q "$root" || "$@" "${root%/}$node_cgroup"
    done
}

# start_daemon HANDLER: a carafed on the node's roots; what they hold from before is found again.
start_daemon() {
    local flags
    flags=$(carafed_flags "$home/carafe" "$node_cgroup")
    # shellcheck disable=SC2086 # flags are words
    PATH=$build/kubelet/bin:$build/bin:$PATH setsid "$build/kubelet/bin/carafed" $flags --default-runtime "$1" \
        >>"$logs/carafed.log" 2>&1 </dev/null &
    daemon=$!
    eventually 30 crictl version || die "carafed does not answer: see $logs/carafed.log"
}

stop_daemon() {
    [ -n "$daemon" ] || return 0
    kill "${1:--TERM}" "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    daemon=""
}

# start_kubelet SETTINGS...: a kubelet without an API server, with lines of KubeletConfiguration beside those below.
# It sets parameters of the kernel that say what a node does in a panic; it is shown that they are so already.
start_kubelet() {
    kubelet_config "$@" >"$home/kubelet.yaml"
    # shellcheck disable=SC2016 # for the shell inside
    unshare --mount --propagation unchanged bash -euc '
        mount --make-private /proc
        while read -r name value; do
            [ -e "/proc/sys/$name" ] || continue
            mkdir -p "$(dirname "$1/sys/$name")"
            echo "$value" >"$1/sys/$name"
            mount --bind "$1/sys/$name" "/proc/sys/$name"
        done
        shift 1
        exec "$@"' sh "$home" "$build/bin/kubelet" --config "$home/kubelet.yaml" --hostname-override node --v 2 \
        >>"$logs/kubelet.log" 2>&1 <<END &
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
END
    kubelet=$!
    eventually 60 kubelet_answers || { tail -5 "$logs/kubelet.log" >&2; die "the kubelet does not answer: see $logs/kubelet.log"; }
}

kubelet_answers() { [ "$(curl -sf "http://127.0.0.1:$health_port/healthz")" = ok ]; }

stop_kubelet() {
    [ -n "$kubelet" ] || return 0
    kill "${1:--TERM}" "$kubelet" 2>/dev/null || true
    wait "$kubelet" 2>/dev/null || true
    kubelet=""
}

kubelet_config() {
    cat <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$home/carafe/carafe.sock
staticPodPath: $home/manifests
fileCheckFrequency: 1s
syncFrequency: 2s
podLogsDir: /var/log/pods
volumePluginDir: $home/volume-plugins
resolvConf: /etc/resolv.conf
cgroupRoot: $node_cgroup
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
oomScoreAdj: 0
address: 127.0.0.1
port: $kubelet_port
readOnlyPort: 0
healthzPort: $health_port
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
allowedUnsafeSysctls: [net.*]
crashLoopBackOff: {maxContainerRestartPeriod: 2s}
containerLogMaxSize: 64Ki
containerLogMaxFiles: 3
containerLogMonitorInterval: 3s
shutdownGracePeriod: 0s
imageMinimumGCAge: 1s
END
    [ $# = 0 ] || printf '%s\n' "$@"
}

# eventually SECONDS COMMAND...: whether it succeeds within that time; what it said the last time if not.
eventually() {
    local end=$(($(date +%s) + $1)) said
    shift
    until said=$("$@" 2>&1); do
        [ "$(date +%s)" -lt $end ] || { echo "$said"; return 1; }
        sleep 0.2
    done
}

# is EXPECTED COMMAND..., has PATTERN COMMAND...: what a command prints.
is() {
    local got
    got=$("${@:2}") || true
    [ "$got" = "$1" ] || { printf 'expected: %s\ngot: %s\n' "$1" "$got"; return 1; }
}

has() {
    local got
    got=$("${@:2}") || true
    grep -q -e "$1" <<<"$got" || { printf 'expected: %s\ngot: %s\n' "$1" "$(tail -c 300 <<<"$got")"; return 1; }
}

crictl() { "$build/bin/crictl" -r "unix://$home/carafe/carafe.sock" -i "unix://$home/carafe/carafe.sock" -t 10s "$@"; }

# api PATH [CURL ARGS...]: the kubelet's own API.
api() { local path=$1; shift; curl -ksS --max-time 20 "https://127.0.0.1:$kubelet_port$path" "$@"; }

# run_pod FILE: puts a pod of conformance/kubelet/pods before the kubelet.
run_pod() {
    sed -e "s|@HOST_DIR@|$home/shared|; s|@HOST_PORT@|$host_port|; s|@FREE_PORT@|$free_port|g" \
        "$top/conformance/kubelet/pods/$1.yaml" >"$home/manifest"
    mv "$home/manifest" "$home/manifests/$1.yaml"
}

drop_pod() { rm "$home/manifests/$1.yaml"; }

# pod NAME QUERY: what the kubelet says of a pod, asked with jq.
pod() { api /pods | jq -er --arg name "$1-node" ".items[] | select(.metadata.name == \$name) | $2"; }

# container POD NAME QUERY: of the status of one of its containers.
container() { pod "$1" ".status | (.containerStatuses + .initContainerStatuses)[] | select(.name == \"$2\") | $3"; }

ready() { [ "$(pod "$1" '[.status.conditions[] | select(.type == "Ready") | .status][0]')" = True ]; }
unknown() { ! pod "$1" .metadata.name; } # to the kubelet
gone() { unknown "$1" && [ -z "$(crictl pods -q --name "$1-node" 2>/dev/null)" ]; }

# command_of POD CONTAINER WORDS...: the query that exec is asked with.
exec_url() {
    local url="https://127.0.0.1:$kubelet_port/exec/default/$1-node/$2?output=1&error=1" word
    shift 2
    for word; do url="$url&command=$(jq -rn --arg word "$word" '$word | @uri')"; done
    echo "$url"
}

# in_container POD CONTAINER SCRIPT: a shell there, through the kubelet.
in_container() { "$build/bin/stream" "${PROTOCOL:-websocket}" exec "$(exec_url "$1" "$2" sh -c "$3")" </dev/null; }
