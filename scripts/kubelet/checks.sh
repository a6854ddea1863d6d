# shellcheck shell=bash disable=SC2154,SC2034,SC2016
# What is looked at under a kubelet, in the order of a node's life. Sourced after node.sh.

passed=0 failed=0

# Beside the defaults: lists by stream, events instead of polls, and statistics from the runtime alone; processors of its own
# for a guaranteed pod, which is moved to them while it runs.
more_of_the_runtime=(
    "featureGates: {EventedPLEG: true, PodAndContainerStatsFromCRI: true, CRIListStreaming: true}"
    "cpuManagerPolicy: static"
    'reservedSystemCPUs: "0"'
)

# check WORDS COMMAND...: a line for what is claimed; the command's last lines when it fails.
check() {
    local what=$1 out
    shift
    if out=$("$@" 2>&1); then
        passed=$((passed + 1))
        printf '    ok      %s\n' "$what"
    else
        failed=$((failed + 1))
        printf '    FAILED  %s\n' "$what"
        tail -5 <<<"$out" | sed 's/^/            /'
    fi
}

all_pods="web once crash missing secure host users whole greedy talker"

scenario() {
    local name
    for name in $all_pods; do run_pod "$name"; done
    pods_come_up
    volumes_and_environment
    security
    life_cycles
    streams
    statistics
    logs_rotate
    daemon_dies
    kubelet_restarts
    garbage
    pods_go
    what_the_logs_say
}

pods_come_up() {
    check "a pod of two containers, an init container and a sidecar is ready" eventually 60 ready web
    check "its init container ended before the others started" is Completed container web first .state.terminated.reason
    check "its sidecar runs and has started" is true container web sidecar .started
    check "its host port answers" eventually 10 has 'made by init' curl -sS "http://127.0.0.1:$host_port/"
    check "its address answers" has 'made by init' curl -gsS "http://$(pod web .status.podIP)/"
    check "its addresses are of both families" is 2 pod web '.status.podIPs | length'
    check "a pod in the host's namespaces is ready" eventually 30 ready host
    check "it has the node's address" is "$(pod host .status.hostIP)" pod host .status.podIP
    check "a restricted pod is ready" eventually 30 ready secure
    check "a pod with users of its own is ready" eventually 30 ready users
    check "a guaranteed pod is ready" eventually 30 ready whole
}

volumes_and_environment() {
    check "files of an emptyDir by subPath" is sub in_container web side 'cat /one/file'
    check "an emptyDir in memory has its size" has ' 4096 ' in_container web side 'df -k /memory'
    check "labels by the downward API" is 'app="web"' in_container web side 'cat /about/labels'
    check "a limit by the downward API" is 67108864 in_container web side 'cat /about/limit'
    check "an image as a volume" has 'Hello from a pod' in_container web side 'cat /image/usr/share/nginx/html/index.html'
    check "an image as a volume is read-only" has 'Read-only' in_container web side 'touch /image/x 2>&1 || true'
    check "a hostPath" is started cat "$home/shared/post-start"
    check "the pod's address in the environment" is "$(pod web .status.podIP)" in_container web side 'echo $POD_IP'
    check "a limit in the environment" is 50331648 in_container web side 'echo $LIMIT'
    check "the pod's name is its host name" is web-node in_container web side hostname
    check "a host alias" has '192.0.2.7.*alias.example.org' in_container web side 'cat /etc/hosts'
    check "its resolver" has 'nameserver 192.0.2.53' in_container web side 'cat /etc/resolv.conf'
    check "a read-only mount" has 'Read-only' in_container web web 'touch /usr/share/nginx/html/x 2>&1 || true'
    check "the memory limit is the kernel's" is 67108864 cgroup_of web memory.limit_in_bytes memory.max
    check "a guaranteed pod is not below a class" has "kubepods/pod" cgroup_path whole
}

security() {
    check "user and groups" is 'uid=1000 gid=2000 groups=2000,3000,4000' in_container secure locked id
    check "no capability but the one added" is 0000000000000400 in_container secure locked 'sed -n "s/^CapBnd:\t//p" /proc/self/status'
    check "no new privileges" is 1 in_container secure locked 'sed -n "s/^NoNewPrivs:\t//p" /proc/self/status'
    check "the default seccomp profile" is 2 in_container secure locked 'sed -n "s/^Seccomp:\t//p" /proc/self/status'
    check "a privileged container has none" is 0 in_container secure free 'sed -n "s/^Seccomp:\t//p" /proc/self/status'
    check "a read-only root" has 'Read-only' in_container secure locked 'touch /x 2>&1 || true'
    check "a volume belongs to the pod's group" is 3000 in_container secure locked 'stat -c %g /data'
    check "a sysctl of the pod" is 80 in_container secure locked 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
    check "containers see each other's processes" is 2 in_container secure free 'pgrep -c sleep'
    check "users of its own" has '^ *0 *[1-9]' in_container users root 'cat /proc/self/uid_map'
    check "a volume is the pod's root's own" is '0 0' in_container users root 'stat -c "%u %g" /data/mine'
    check "the host's processes in a pod with hostPID" has carafed in_container host agent 'cat /proc/*/cmdline'
}

life_cycles() {
    check "a job is tried again and ends" eventually 30 is Succeeded pod once .status.phase
    check "its container ran twice" is 1 container once job .restartCount
    check "a failing container is started again" eventually 30 restarted crash fails 2
    check "and backs off" eventually 30 is CrashLoopBackOff container crash fails .state.waiting.reason
    check "its exit code is known" eventually 20 is 3 container crash fails .lastState.terminated.exitCode
    check "its termination message is known" eventually 20 is because container crash fails .lastState.terminated.message
    check "the end of the log is the message where there is no other" eventually 20 is 'the end of the log' container crash talks .lastState.terminated.message
    check "a hung container is killed after its grace and starts again" eventually 30 restarted crash hangs 1
    check "it was killed" eventually 20 is 137 container crash hangs .lastState.terminated.exitCode
    check "a program that is missing says so" eventually 20 has '/no/such/program' container missing missing .state.waiting.message
    check "a container that takes too much memory is OOMKilled" eventually 60 is OOMKilled container greedy eats .state.terminated.reason
}

restarted() { [ "$(container "$1" "$2" .restartCount)" -ge "$3" ]; }

streams() {
    local protocol
    check "logs of both streams" has '^one two $' log_words web side
    check "the last line of a log" is two api '/containerLogs/default/web-node/side?tailLines=1'
    check "the log of a container before" eventually 20 has 'last words' api '/containerLogs/default/crash-node/fails?previous=true'
    check "a log is followed" is 3 follow_log talker counts 3
    check "run of a command" is web-node api '/run/default/web-node/side?cmd=hostname' -X POST
    for protocol in spdy websocket; do
        check "exec ($protocol)" is hello speaking $protocol in_container web side 'echo hello'
        check "exec tells the exit code ($protocol)" speaking $protocol exits_with 7 in_container web side 'exit 7'
        check "exec passes a megabyte in and tells its end ($protocol)" is 1000000 speaking $protocol count_in_container web side 1000000
        check "attach to a terminal ($protocol)" has 'heard hello' speaking $protocol attach talker terminal hello
    done
    check "port forward" has 'made by init' forwarded web 80
    check "port forward to a port where nobody listens fails" has 'Empty reply\|reset' forwarded web 81
}

log_words() { api "/containerLogs/default/$1-node/$2" | tr '\n' ' '; }
follow_log() { api "/containerLogs/default/$1-node/$2?follow=true&tailLines=1" --no-buffer 2>/dev/null | head -n "$3" | wc -l; }
speaking() { local PROTOCOL=$1; shift; "$@"; }
exits_with() { local code=0; "${@:2}" || code=$?; [ "$code" = "$1" ]; }
count_in_container() { head -c "$3" /dev/zero | "$build/bin/stream" "$PROTOCOL" exec "$(exec_url "$1" "$2" wc -c)&input=1"; }

attach() { # POD CONTAINER WORD
    { sleep 1; echo "$3"; sleep 1; } | timeout 5 "$build/bin/stream" "$PROTOCOL" attach -t \
        "https://127.0.0.1:$kubelet_port/attach/default/$1-node/$2?input=1&output=1&tty=1" || true
}

forwarded() { # POD PORT
    local forward
    "$build/bin/stream" spdy forward "https://127.0.0.1:$kubelet_port/portForward/default/$1-node" "$forward_port:$2" >"$home/forward" 2>&1 &
    forward=$!
    eventually 10 grep -q ready "$home/forward" || true
    curl -sS --max-time 5 "http://127.0.0.1:$forward_port/" 2>&1 || true
    kill $forward
    wait $forward 2>/dev/null || true
}

statistics() {
    check "the kubelet's summary counts memory of each container" eventually 30 summary_counts '.memory.workingSetBytes > 0' web side
    check "and processor time" eventually 30 summary_counts '.cpu.usageCoreNanoSeconds > 0' talker counts
    check "and the writable layer" eventually 60 summary_counts '.rootfs.usedBytes > 0' web web
    check "and logs" eventually 30 summary_counts '.logs.usedBytes > 0' talker counts
    check "the node's image file system" summary_of_node '.runtime.imageFs.usedBytes > 0'
    check "metrics of resources" has 'container_cpu_usage_seconds_total{container="counts",namespace="default",pod="talker-node"}' api /metrics/resource
    # cAdvisor knows the containers of containerd and CRI-O only
    [ "$round" = 1 ] || statistics_of_the_runtime
}

statistics_of_the_runtime() {
    check "the pod's network is counted" eventually 30 summary_of_pod web '.network.rxBytes > 0'
    check "the pod's processes are counted" eventually 30 summary_of_pod web '.process_stats.process_count > 3'
    check "metrics of containers" has '^container_memory_working_set_bytes{.*container="counts".*pod="talker-node"' api /metrics/cadvisor
    check "metrics of the pods' networks" has '^container_network_receive_bytes_total{.*pod="web-node"' api /metrics/cadvisor
    check "metrics of throttled time" has '^container_cpu_cfs_throttled_periods_total{.*container="web"' api /metrics/cadvisor
}

summary_of_node() { api /stats/summary | jq -e ".node | $1"; }
summary_of_pod() { api /stats/summary | jq -e ".pods[] | select(.podRef.name == \"$1-node\") | $2"; }
summary_counts() { summary_of_pod "$2" ".containers[] | select(.name == \"$3\") | $1"; }

logs_rotate() {
    check "a log is rotated" eventually 60 rotated talker counts
    check "no line is lost at a rotation" unbroken talker counts
    check "the log by the kubelet goes on after a rotation" eventually 20 is 5 follow_log talker counts 5
}

log_files() { find "$home/log/pods/default_$1-node_"*"/$2" -name '0.log*' ! -name '*.tmp'; }
rotated() { [ "$(log_files "$1" "$2" | wc -l)" -ge 3 ]; }

# The youngest rotated log and the one being written follow each other.
unbroken() {
    local dir last first rotated
    dir=$(dirname "$(log_files "$1" "$2" | head -1)")
    rotated=$(find "$dir" -name '0.log.*' ! -name '*.gz' | sort | tail -1)
    first=$(head -1 "$dir/0.log" | cut -d' ' -f5)
    last=$(tail -1 "$rotated" | cut -d' ' -f5)
    [ "$first" = $((last + 1)) ] || { echo "$rotated ends with line $last, 0.log begins with line $first"; return 1; }
}

daemon_dies() {
    local before
    before=$(containers_of web side talker counts)
    stop_daemon -KILL
    sleep 2
    start_daemon "$handler"
    check "containers outlive a carafed that is killed" eventually 30 is "$before" containers_of web side talker counts
    check "the pod is ready after it" eventually 30 ready web
    check "exec works after it" eventually 10 is hello in_container web side 'echo hello'
    check "a container that fails is still started again" eventually 30 restarted crash fails $(($(container crash fails .restartCount) + 1))
    check "the node is ready" eventually 30 kubelet_answers
}

# containers_of POD CONTAINER...: their ids and how often each was started again.
containers_of() {
    while [ $# -gt 0 ]; do
        container "$1" "$2" '"\(.containerID) \(.restartCount)"'
        shift 2
    done
}

kubelet_restarts() {
    local before
    before=$(containers_of web web web side secure locked)
    stop_kubelet -KILL
    start_kubelet "${settings[@]}"
    check "containers outlive the kubelet, and it knows them again" eventually 60 is "$before" containers_of web web web side secure locked
    check "the pod is ready after it" eventually 30 ready web
}

garbage() {
    check "containers that have ended are collected" eventually 90 few_dead crash
    check "a container's log goes with it" logs_have_containers
}

# At most one of each container that has ended is kept.
few_dead() { [ "$(crictl ps -a -q --state exited --label "io.kubernetes.pod.name=$1-node" | wc -l)" -le 4 ]; }

logs_have_containers() {
    local link
    for link in "$home"/log/containers/*.log; do [ -e "$link" ] || [ ! -L "$link" ] || { echo "$link leads nowhere"; return 1; }; done
}

pods_go() {
    local name
    drop_pod web
    check "a pod that is taken away goes" eventually 30 unknown web
    check "its hooks ran, and its sidecar ended last" eventually 30 is "web stops sidecar ends " cat_words "$home/shared/order"
    for name in ${all_pods#web }; do drop_pod "$name"; done
    for name in $all_pods; do check "nothing of pod $name is left" eventually 90 gone "$name"; done
    check "no cgroup of a pod is left" eventually 30 is 0 pod_cgroups
    check "no mount of a pod is left" eventually 30 is 0 pod_mounts
}

cat_words() { tr '\n' ' ' <"$1"; }
pod_cgroups() { find /sys/fs/cgroup -path "*$node_cgroup/kubepods*" -type d -name 'pod*' | wc -l; }
pod_mounts() { mounts_under "$home" | grep -cE '/(pods|containers|sandboxes)/' || true; }

# A host may keep containers from being spared by the kernel's killer; the daemon says so once.
what_the_logs_say() {
    check "the daemon's log has no error and no warning" is '' complaints
}

complaints() { grep -E ' (WARNING|ERROR) ' "$logs/carafed.log" | grep -v 'needs CAP_SYS_RESOURCE'; }

# cgroup_of POD FILE...: the first of the files that the cgroup of the pod's first container has.
cgroup_of() {
    local pid path file
    pid=$(crictl inspect "$(container "$1" "$1" '.containerID | sub("^.*://"; "")')" | jq .info.pid)
    shift
    for file; do
        while read -r path; do
            ! find /sys/fs/cgroup -path "*$path/$file" -exec cat {} + 2>/dev/null | grep . || return 0
        done < <(sed 's/^[0-9]*:[^:]*://' "/proc/$pid/cgroup" | sort -u)
    done
}

cgroup_path() { find /sys/fs/cgroup -path "*$node_cgroup/kubepods*/pod$(pod "$1" .metadata.uid)" -type d | head -1; }
