#!/usr/bin/env bash
# usage: scripts/aot.sh LAYOUT
#
# Makes the AOT caches of a layout: runs the daemon on roots of its own and the command against it, and carafe-oci's compiler, and keeps the
# classes, linked and ready, that these runs used. As root, and where a registry, conmon and the CNI plugins are
# at hand, that is an image pulled and a pod run to its end; otherwise less gets recorded, and the first pod is slower.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host.sh
. "$(dirname "$0")/host.sh"

layout=$1
home=$(mktemp -d /var/tmp/carafe-aot.XXXXXX)
bridge=ca$$
trap leave EXIT
trap 'exit 130' INT TERM HUP

leave() {
    local status=$?
    trap - EXIT
    if [ -e "$home/host" ]; then
        "$top/scripts/registry.sh" stop "$home"
        sweep "$home" "/$bridge" "$bridge"
        restore_host "$home/host"
    fi
    rm -rf "$home"
    exit "$status"
}

can_run_pods() {
    local program
    [ "$(id -u)" = 0 ] && [ -x "$cni_bin/bridge" ] || return 1
    for program in conmon docker-registry skopeo jq busybox iptables; do command -v "$program" >/dev/null || return 1; done
}

carafe() { timeout 60 "$layout/bin/carafe" "$@" >>"$home/commands" 2>&1 </dev/null || true; }

start_daemon() {
    # shellcheck disable=SC2046 # flags are words
    "$layout/bin/carafed" $(carafed_flags "$home" "/$bridge") >"$home/log" 2>&1 &
    pid=$!
    for _ in $(seq 200); do
        if [ -S "$CARAFE_HOST" ] || ! kill -0 $pid 2>/dev/null; then break; fi
        sleep 0.1
    done
}

# A pod for the daemon that is recorded to find, as after a crash.
leave_pod() {
    start_daemon
    carafe run -d --name found -p "127.0.0.1:$("$top/scripts/registry.sh" port):80" carafe/training:1 sleep 1000
    kill -9 $pid
    { wait $pid; } 2>/dev/null || true
    rm -f "$CARAFE_HOST"
}

# What a node does all day, once.
run_pods() {
    carafe rm -f found
    carafe rmi carafe/training:1
    carafe pull carafe/training:1
    carafe run -d --name training --memory 64m -p "127.0.0.1:$("$top/scripts/registry.sh" port):80" carafe/training:1 sleep 1000
    carafe exec training true
    carafe logs training
    carafe stats --no-stream
    carafe inspect training
}

end_pods() {
    carafe stop -t 0 training
    carafe run --rm --name training-2 carafe/training:1 true
    carafe rm -f training
    carafe rmi carafe/training:1
}

# What people ask the command for, a line each, for one JVM.
rehearsal() {
    printf '%s\n' "ps -a" images "rmi no/such:1"
    [ $pods = yes ] || return 0
    printf '%s\n' "run -d --name rehearsal --memory 64m -p 127.0.0.1:$("$top/scripts/registry.sh" port):80 carafe/training:1 sleep 1000" \
        "exec rehearsal true" "logs rehearsal" "stop -t 0 rehearsal" "rm -f rehearsal" "run --rm carafe/training:1 true"
}

say "training the JVM's AOT caches (start-up in a third of the time)"
mkdir -p "$home/cni"
: >"$home/registries.conf"
pods=no
if can_run_pods; then
    pods=yes
    prepare_host "$home/host"
    port=$("$top/scripts/registry.sh" port)
    "$top/scripts/registry.sh" start "$home" "$port"
    "$top/scripts/registry.sh" push "$port" training
    "$top/scripts/registry.sh" conf "$port" >"$home/registries.conf"
    "$top/scripts/cni.sh" "$home/cni" "$bridge" 235
fi
# The compiler of carafe-oci, with a container of a pod: limits, mounts, hooks and Podman's seccomp profile.
mkdir "$home/bundle"
cp "$top/scripts/aot/config.json" "$home/bundle/config.json"
# The first run leaves the profile's filter behind, as on a host where it is not the first container.
compile() { timeout 60 "$layout/libexec/carafe/carafe-oci-compile" create --bundle "$home/bundle" --id training >"$home/plan" 2>>"$home/commands" || true; }
compile
CARAFE_AOT_RECORD=$layout/lib/carafe/carafe-oci.aot compile

export CARAFE_HOST=$home/carafe.sock
[ $pods = no ] || leave_pod
CARAFE_AOT_RECORD=$layout/lib/carafe/carafed.aot start_daemon
if [ -S "$CARAFE_HOST" ]; then
    if [ $pods = yes ]; then run_pods; else carafe pull 127.0.0.1:1/a/b:c; fi
    for words in "version" "info" "pods" "images" "inspect nothing"; do
        # shellcheck disable=SC2086
        carafe $words
    done
    rehearsal | CARAFE_AOT_RECORD=$layout/lib/carafe/carafe.aot timeout 60 "$layout/bin/carafe" >>"$home/commands" 2>&1 || true
    [ $pods = no ] || end_pods
    kill $pid
    wait $pid || true
else
    wait $pid || true
    rm -f "$layout"/lib/carafe/carafe.aot "$layout"/lib/carafe/carafed.aot
    grep -v '^Picked up' "$home/log" | tail -5 >&2
    say "carafed did not start here: no AOT caches, it starts slower"
fi
rm -f "$layout"/lib/carafe/*.aot.config
[ -z "${AOT_KEEP-}" ] || cp "$home/log" "$home/commands" "$AOT_KEEP/"
