#!/usr/bin/env bash
# Puts a real kubelet before carafed and looks at pods as an operator would: once for each handler in HANDLERS (default:
# carafe-oci runc), the second time with the kubelet's features that ask more of a runtime. Each check prints a line; the last
# one tells the counts. Logs: build/kubelet-test/ROUND/{carafed,kubelet}.log.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=scripts/host.sh
. "$top/scripts/host.sh"
# shellcheck source=scripts/kubelet/node.sh
. "$top/scripts/kubelet/node.sh"
# shellcheck source=scripts/kubelet/checks.sh
. "$top/scripts/kubelet/checks.sh"

if [ "${1-}" != inside ]; then
    need_root test-kubelet
    "$top/scripts/deps.sh" conformance
    "$top/scripts/kubelet/build.sh"
    "$top/scripts/cri-tools.sh" crictl
    "$top/scripts/runc.sh" || true
    "$top/scripts/install.sh" "" "$build/kubelet"
    exec unshare --mount --propagation private "$0" inside
fi

home=$(mktemp -d /var/tmp/carafe-kubelet.XXXXXX)
chmod 711 "$home" # root of a user namespace has to find its way through
made_dirs=""
trap leave EXIT
trap 'exit 130' INT TERM HUP

leave() {
    local status=$?
    trap - EXIT
    stop_kubelet
    stop_daemon
    "$top/scripts/registry.sh" stop "$home"
    sweep "$home/carafe" "$node_cgroup" "$node_bridge"
    restore_host "$home/host"
    umount -l /var/lib/kubelet /var/log 2>/dev/null || true
    [ -z "$made_dirs" ] || rmdir "$made_dirs" 2>/dev/null || true
    rm -rf "$home"
    hand_back "$build"
    exit "$status"
}

free_ports() {
    perl -MIO::Socket::INET -e 'print join(" ", map { $_->sockport } map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") } 1 .. shift), "\n"' "$1"
}

[ -e /var/lib/kubelet ] || made_dirs=/var/lib/kubelet
prepare_host "$home/host"
read -r registry_port kubelet_port health_port host_port free_port forward_port < <(free_ports 6)
"$top/scripts/registry.sh" start "$home" "$registry_port"
"$top/scripts/registry.sh" push "$registry_port" demo
enter_node

round=0
for handler in ${HANDLERS:-carafe-oci runc}; do
    round=$((round + 1))
    logs=$build/kubelet-test/$round-$handler
    rm -rf "$logs"
    mkdir -p "$logs" "$home/carafe"
    "$top/scripts/cni.sh" "$home/carafe/cni" "$node_bridge" 235
    "$top/scripts/registry.sh" conf "$registry_port" >"$home/carafe/registries.conf"
    say "a node with $handler (logs: build/kubelet-test/$round-$handler)"
    settings=("featureGates: {}")
    [ $round = 1 ] || settings=("${more_of_the_runtime[@]}")
    make_cgroups
    start_daemon "$handler"
    start_kubelet "${settings[@]}"
    scenario
    stop_kubelet
    stop_daemon
    sweep "$home/carafe" "$node_cgroup" "$node_bridge"
    rm -rf "$home/carafe" "$home/shared" "$home/manifests"
    find "$home/lib" "$home/log" -mindepth 1 -delete
    mkdir "$home/shared" "$home/manifests"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
