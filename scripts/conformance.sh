#!/usr/bin/env bash
# Runs critest against carafed, in a mount namespace of its own where / is shared, once for each handler in HANDLERS
# (default: carafe-oci runc crun; runsc is built when it is named), PARALLEL specs at a time (one if not set, for the suite takes
# --parallel=1 for a mistake). FOCUS and SKIP are critest's. Results: conformance/results/HANDLER.{md,xml,log}; the exit code
# is 0 when nothing failed but what conformance/expected.txt names. Then the runtime specification's own programs run against
# carafe-oci, runc and crun (scripts/runtime-tools.sh); SUITES="critest" or SUITES="runtime-tools" takes one of the two.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host.sh
. "$(dirname "$0")/host.sh"

# The mount propagation specs want a shared /; nothing else on this host may see what they do to it.
if [ "${1-}" != inside ]; then
    need_root conformance
    case " ${SUITES-critest runtime-tools} " in
    *" critest "*) ;;
    *" runtime-tools "*) exec "$top/scripts/runtime-tools.sh" ;;
    *) die "unknown suite in SUITES: critest, runtime-tools" ;;
    esac
    "$top/scripts/deps.sh" conformance
    "$top/scripts/cri-tools.sh"
    "$top/scripts/runc.sh" || true # the distribution's does, but for the specs of user namespaces
    case " ${HANDLERS-} " in *" runsc "*) "$top/scripts/runsc.sh" ;; esac
    exec unshare --mount --propagation private "$0" inside
fi
mount --make-rshared /

home=$(mktemp -d /var/tmp/carafe-conformance.XXXXXX)
chmod 711 "$home" # root of a user namespace has to find its way through
trap leave EXIT
trap 'exit 130' INT TERM HUP
daemon=""

leave() {
    local status=$?
    trap - EXIT
    stop_daemon
    "$top/scripts/registry.sh" stop "$home"
    iptables -w -t nat -D POSTROUTING -s 127.0.0.0/8 ! -d 127.0.0.0/8 -j MASQUERADE 2>/dev/null || true
    sweep "$home/carafe" /carafe-conformance cfconf
    restore_host "$home/host"
    rm -rf "$home"
    [ "$status" = 0 ] || exit "$status"
}

stop_daemon() {
    [ -n "$daemon" ] || return 0
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" || true
    daemon=""
}

"$top/scripts/install.sh" "" "$build/conformance"
prepare_host "$home/host"
iptables -w -t nat -I POSTROUTING -s 127.0.0.0/8 ! -d 127.0.0.0/8 -j MASQUERADE
port=$("$top/scripts/registry.sh" port)
"$top/scripts/registry.sh" start "$home" "$port"
"$top/scripts/registry.sh" push "$port" critest
results=$top/conformance/results
mkdir -p "$results"

# fit_cgroups HANDLER: crun 1.8 refuses hosts that have cgroup v1 and a v2 hierarchy with controllers; it sees v1 alone here.
unified=/sys/fs/cgroup/unified
fit_cgroups() {
    if [ "$1" = crun ]; then
        ! mountpoint -q $unified || umount $unified
    elif [ -n "$hybrid" ] && ! mountpoint -q $unified; then
        mount -t cgroup2 cgroup2 $unified
    fi
}
hybrid=""
! mountpoint -q $unified || hybrid=1

# configure HANDLER: more of what a handler is told than every node would. gVisor applies seccomp profiles
# and set-user-ID bits when it is asked to.
configure() {
    [ "$1" = runsc ] || return 0
    printf '[runtime.handlers.runsc]\npath = "runsc"\narguments = ["--oci-seccomp", "--allow-suid"]\n' >>"$home/carafe/carafe.toml"
}

# start_daemon HANDLER: a carafed whose default runtime is HANDLER, on fresh roots, and waits until it is ready.
start_daemon() {
    fit_cgroups "$1"
    "$top/scripts/cni.sh" "$home/carafe/cni" cfconf 233
    "$top/scripts/registry.sh" conf "$port" >"$home/carafe/registries.conf"
    local flags
    flags=$(carafed_flags "$home/carafe" /carafe-conformance)
    configure "$1"
    # shellcheck disable=SC2086 # flags are words
    PATH=$build/bin:$PATH "$build/conformance/bin/carafed" $flags --default-runtime "$1" \
        >"$results/$1-carafed.log" 2>&1 </dev/null &
    daemon=$!
    local tries
    for tries in $(seq 100); do
        ! "$build/bin/crictl" -r "unix://$home/carafe/carafe.sock" version >/dev/null 2>&1 || return 0
        kill -0 $daemon 2>/dev/null || break
        sleep 0.1
    done
    tail -20 "$results/$1-carafed.log" >&2
    die "carafed does not answer after ${tries:-0} tries"
}

status=0
for handler in ${HANDLERS:-carafe-oci runc crun}; do
    say "critest with $handler (some minutes; conformance/results/$handler.log)"
    start_daemon "$handler"
    endpoint=unix://$home/carafe/carafe.sock
    nri=""
    ! "$build/bin/critest" --help 2>&1 | grep -q nri-socket || nri="--nri-socket $home/carafe/run/nri/nri.sock" # since 1.37
    # shellcheck disable=SC2086 # no words, or two
    # where critest looks for ginkgo
    PATH=$build/bin:$PATH "$build/bin/critest" ${PARALLEL:+--parallel "$PARALLEL"} \
        --runtime-endpoint "$endpoint" --image-endpoint "$endpoint" --ginkgo.no-color --ginkgo.timeout 60m $nri \
        --ginkgo.junit-report "$results/$handler.xml" ${FOCUS:+--ginkgo.focus "$FOCUS"} ${SKIP:+--ginkgo.skip "$SKIP"} \
        >"$results/$handler.log" 2>&1 </dev/null || true
    stop_daemon
    sweep "$home/carafe" /carafe-conformance cfconf
    rm -rf "$home/carafe"
    [ -e "$results/$handler.xml" ] || { tail -30 "$results/$handler.log" >&2; die "critest did not run"; }
    perl "$top/conformance/table.pl" "$handler" "$results/$handler.xml" "$top/conformance/expected.txt" >"$results/$handler.md" || status=1
    cat "$results/$handler.md"
done
hand_back "$results" "$build"
case " ${SUITES-critest runtime-tools} " in *" runtime-tools "*) "$top/scripts/runtime-tools.sh" || status=1 ;; esac
[ "$status" = 0 ]
