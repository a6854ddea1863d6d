#!/usr/bin/env bash
# A pod, from the registry to the exit code: what Carafe does, shown on this machine in two minutes.
#
# Everything is on roots of its own under /var/tmp and goes away at the end. IMAGE=... pulls that image instead of the
# web server made here (PORT=... if it does not listen on 80).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host.sh
. "$(dirname "$0")/host.sh"

need_root demo
find_jdk
"$top/scripts/deps.sh" demo
home=$(mktemp -d /var/tmp/carafe-demo.XXXXXX)
node=$home/node
# names of its own, so that two demos do not meet
bridge=cdemo-${home##*.}
cgroup=/carafe-demo-${home##*.}
subnet=200
while ip -4 route show "10.$subnet.0.0/16" | grep -q .; do subnet=$((subnet + 1)); done
daemon=""
trap leave EXIT
trap 'exit 130' INT TERM HUP

leave() {
    local status=$?
    trap - EXIT
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
    "$top/scripts/registry.sh" stop "$home"
    sweep "$node" "$cgroup" "$bridge"
    restore_host "$home/host"
    if [ "$status" != 0 ]; then
        printf '\nThe demo failed; the end of the log of carafed:\n' >&2
        tail -15 "$node/carafed.log" >&2 2>/dev/null || true
    fi
    rm -rf "$home"
    hand_back "$build" "$top"/*/target
    [ "$status" = 0 ] || exit "$status"
}

step=0
title() {
    step=$((step + 1))
    printf '\n\033[1m%d. %s\033[0m\n' "$step" "$1"
    [ $# = 1 ] || printf '%s\n' "${@:2}" | sed 's/^/   /'
}

# show COMMAND...: prints a command as a person would type it, runs it, and shows what it prints.
show() {
    printf '   $'
    printf ' %s' "${@@Q}" | sed -E "s/'([^' ]+)'/\1/g"
    printf '\n'
    "$@" 2>&1 | sed 's/^/     /'
}

# now: milliseconds
now() { echo $(($(date +%s%N) / 1000000)); }

# start_daemon: starts carafed as a node would, and waits until it answers.
start_daemon() {
    local begun
    begun=$(now)
    # shellcheck disable=SC2046 # flags are words
    setsid "$build/demo/bin/carafed" $(carafed_flags "$node" "$cgroup") >>"$node/carafed.log" 2>&1 </dev/null &
    daemon=$!
    until [ -S "$node/carafe.sock" ] && perl -MIO::Socket::UNIX -e 'exit !IO::Socket::UNIX->new(Peer => $ARGV[0])' "$node/carafe.sock"; do
        kill -0 "$daemon" 2>/dev/null || die "carafed ended: see the log below"
        [ $(($(now) - begun)) -lt 30000 ] || die "carafed does not listen after 30 s"
        sleep 0.01
    done
    printf '   carafed (pid %d) listens after %d ms\n' "$daemon" $(($(now) - begun))
}

# fetch URL WHAT: curl, and how long it took
fetch() {
    local body
    body=$(curl -gsS --max-time 5 --retry 20 --retry-connrefused --retry-delay 0 --retry-max-time 5 -w '\n(%{http_code}, %{time_total} s)' "$1")
    printf '   $ curl %s\n' "$1"
    grep -vE '^(<!DOCTYPE|$)' <<<"$body" | tail -4 | sed 's/^/     /' || true
}

# What of this node is on the host now, as "KIND COUNT" lines.
left_over() {
    local dirs
    echo "mounts $(mounts_under "$node" | wc -l)"
    echo "cgroups $(find /sys/fs/cgroup -type d -path "*$cgroup/*" 2>/dev/null | wc -l)"
    echo "network-namespaces $(pod_namespaces | wc -l)"
    echo "processes $(node_processes | wc -l)"
    echo "network-interfaces $(ip -o link show master "$bridge" 2>/dev/null | wc -l)"
    echo "nat-rules $({ iptables -w -t nat -S; ip6tables -w -t nat -S; } 2>/dev/null | grep -c "name: .*$bridge" || true)"
    dirs=$node/cni/leases/$bridge
    echo "address-leases $(find "$dirs" -name '[0-9f]*' ! -name 'last_*' 2>/dev/null | wc -l)"
}

# Network namespaces that the node pinned, or that its processes are in.
pod_namespaces() {
    {
        awk -v dir="$node/" 'index($5, dir) == 1 && $4 ~ /^net:/ { print $4 }' /proc/self/mountinfo
        for pid in $(cgroup_processes); do readlink "/proc/$pid/ns/net" 2>/dev/null || true; done
    } | sort -u | grep -vxF "$(readlink /proc/self/ns/net)" || true
}

cgroup_processes() { find /sys/fs/cgroup -path "*$cgroup*" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un; }

# All but the daemon: monitors name the node's directory, containers are in its cgroups.
node_processes() {
    { pgrep -f -- "$node/" || true; cgroup_processes; } | sort -un | grep -vxE "${daemon:-0}|$$" || true
}

printf '\033[1mCarafe: a pod, from the registry to its exit code\033[0m\n'

title "The parts" "Carafe is built and installed from this tree; a registry on loopback gets two images," \
    "made of this host's busybox and nginx packages."
"$top/scripts/install.sh" "" "$build/demo"
prepare_host "$home/host"
port=$("$top/scripts/registry.sh" port)
"$top/scripts/registry.sh" start "$home" "$port"
"$top/scripts/registry.sh" push "$port" demo
registry=127.0.0.1:$port
printf '   registry at %s with carafe/demo-web:1 and carafe/demo-shell:1\n' "$registry"
web_image=${IMAGE:-$registry/carafe/demo-web:1}
shell_image=$registry/carafe/demo-shell:1

title "A node's daemon" "State under $node, pods on a bridge $bridge of its own (10.$subnet.0.0/16 and fd00:$subnet::/64)."
mkdir -p "$node"
"$top/scripts/cni.sh" "$node/cni" "$bridge" "$subnet"
printf 'unqualified-search-registries = ["docker.io"]\n\n[[registry]]\nlocation = "%s"\ninsecure = true\n' "$registry" >"$node/registries.conf"
start_daemon
export CARAFE_HOST=$node/carafe.sock PATH="$build/demo/bin:$PATH"
show carafe version

title "Images" "Layers are verified and unpacked while they download."
show carafe pull "$web_image"
show carafe pull "$shell_image"
show carafe images

title "A pod of two containers, through the calls that a kubelet makes" \
    "web serves on port ${PORT:-80}, shell asks it over localhost: they share one network namespace. There is no pause container."
mark=$(wc -l <"$node/carafed.log")
host_port=$("$top/scripts/registry.sh" port)
java_bench io.carafe.bench.DemoPod up "$node/carafe.sock" "$cgroup" "$web_image" "$shell_image" "${PORT:-80}" "$host_port" "$node/logs" "$home/pod"
pod="" web="" shell="" address="" address6=""
# shellcheck source=/dev/null
. "$home/pod"
pod=${pod:0:12} web=${web:0:12} shell=${shell:0:12}
printf '   and inside the daemon, stage by stage:\n'
tail -n "+$((mark + 1))" "$node/carafed.log" | sed -nE 's/^[^ ]+ DEBUG [^:]+: (.*): stage ([^ ]+) took (.*)$/\3\t\2\t\1/p' |
    awk -F '\t' '{ printf "   %9s  %-18s %s\n", $1, $2, $3 }'
show carafe pods
show carafe ps

title "It answers, at its own addresses and at a port of the host"
fetch "http://$address:${PORT:-80}/"
[ -z "$address6" ] || fetch "http://[$address6]:${PORT:-80}/"
fetch "http://127.0.0.1:$host_port/"
sleep 1.2
show carafe logs --tail 3 "$web"
show carafe logs --tail 2 "$shell"
# shellcheck disable=SC2016 # for the container's shell
show carafe exec "$shell" sh -c 'echo "I am uid $(id -u) in $(hostname), and I see these processes:"; ps -o pid,args'

title "kill -9 the daemon under the running pod" "A pod owes nothing to the daemon: it goes on, and the next daemon knows it."
left_over >"$home/while"
{ kill -9 "$daemon" && wait "$daemon"; } 2>/dev/null || true
fetch "http://127.0.0.1:$host_port/"
start_daemon
show carafe ps
show carafe exec "$shell" echo "exec works through the new daemon"

title "Take it all away"
java_bench io.carafe.bench.DemoPod down "$node/carafe.sock" "$pod" "$web" "$shell"
for image in "$web_image" "$shell_image"; do show carafe rmi "$image"; done
kill "$daemon"
wait "$daemon" || true
daemon=""
printf '   carafed has stopped on SIGTERM\n'

title "What is left on this host" "counted in mountinfo, the cgroup trees, namespaces, /proc, links, nat tables and leases"
left_over >"$home/after"
join "$home/while" "$home/after" | awk '{ gsub("-", " ", $1); printf "   %-20s %3d while the pod ran, %d now\n", $1, $2, $3 }'
if ! awk '$2 != 0 { exit 1 }' "$home/after"; then
    mounts_under "$node" >&2
    die "something is left behind"
fi
printf '\nDone: nothing is left. What was set on the host (forwarding, the bridge %s) goes back now.\n' "$bridge"
