#!/usr/bin/env bash
# Makes and removes CYCLES pods (10000) and runs EXECS commands (100000) on a carafed of its own, and says whether its
# descriptors, threads, memory, mounts, cgroups and processes stay flat: bench/results/soak.md. The exit code is 1 if not.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host.sh
. "$(dirname "$0")/host.sh"

need_root soak
find_jdk
"$top/scripts/deps.sh" demo
"$top/scripts/build.sh"
home=$(mktemp -d /var/tmp/carafe-soak.XXXXXX)
trap leave EXIT
trap 'exit 130' INT TERM HUP

leave() {
    local status=$?
    trap - EXIT
    "$top/scripts/registry.sh" stop "$home"
    sweep "$home/carafe" /bench-carafe cb-soak
    restore_host "$home/host"
    [ "$status" = 0 ] || { say "the daemon's log is in $home"; exit "$status"; }
    rm -rf "$home"
}

prepare_host "$home/host"
port=$("$top/scripts/registry.sh" port)
"$top/scripts/registry.sh" start "$home" "$port"
"$top/scripts/registry.sh" push "$port" bench
mkdir -p "$home/carafe/logs"
"$top/scripts/install.sh" "" "$home/install"
"$top/scripts/cni.sh" "$home/carafe/cni" cb-soak 238
"$top/scripts/registry.sh" conf "$port" >"$home/carafe/registries.conf"

say "${CYCLES:-10000} pod cycles and ${EXECS:-100000} execs"
java_bench io.carafe.bench.Soak "$top/bench/results/soak.md" "${CYCLES:-10000}" "${EXECS:-100000}" /bench-carafe \
    "carafe,$home/carafe/carafe.sock,$home/carafe,21000,$home/install/bin/carafed $(carafed_flags "$home/carafe" /bench-carafe)"
hand_back "$top/bench/results" "$build"
