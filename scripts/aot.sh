#!/usr/bin/env bash
# usage: scripts/aot.sh LAYOUT
#
# Makes the AOT caches of a layout: runs the daemon on roots of its own and the command against it, and keeps the
# classes, linked and ready, that these runs used. Without root the daemon still starts; less of it gets recorded.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host.sh
. "$(dirname "$0")/host.sh"

layout=$1
home=$(mktemp -d /var/tmp/carafe-aot.XXXXXX)
trap 'rm -rf "$home"' EXIT
say "training the JVM's AOT caches (start-up in a third of the time)"
mkdir -p "$home/cni"
: >"$home/registries.conf"
# shellcheck disable=SC2046 # flags are words
CARAFE_AOT_RECORD=$layout/lib/carafe/carafed.aot "$layout/bin/carafed" $(carafed_flags "$home" /carafe-aot) >"$home/log" 2>&1 &
pid=$!
host=$home/carafe.sock
for _ in $(seq 200); do
    if [ -S "$host" ] || ! kill -0 $pid 2>/dev/null; then break; fi
    sleep 0.1
done
if [ -S "$host" ]; then
    export CARAFE_HOST=$host
    for words in "version" "info" "ps -a" "pods" "images" "inspect nothing" "logs nothing" "pull 127.0.0.1:1/a/b:c"; do
        # shellcheck disable=SC2086
        "$layout/bin/carafe" $words >/dev/null 2>&1 || true
    done
    CARAFE_AOT_RECORD=$layout/lib/carafe/carafe.aot "$layout/bin/carafe" ps >/dev/null 2>>"$home/log" || true
    kill $pid
    wait $pid || true
else
    wait $pid || true
    rm -f "$layout"/lib/carafe/*.aot
    grep -v '^Picked up' "$home/log" | tail -5 >&2
    say "carafed did not start here: no AOT caches, it starts slower"
fi
rm -f "$layout"/lib/carafe/*.aot.config
