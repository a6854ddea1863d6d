#!/usr/bin/env bash
# usage: scripts/deps.sh PURPOSE...   (build, run, test, demo, vm, bench, conformance, fuzz)
#
# Installs the Debian or Ubuntu packages that the purposes need and that are missing, and says which.
# Starts no service: on a systemd host the units of the new packages are masked meanwhile and left disabled.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# What each purpose needs; a purpose may name others. PACKAGE:COMMAND is there when the command is, whoever brought it
# (Docker's own packages bring a runc and a containerd that Debian's would push out).
packages() {
    case $1 in
    build) echo ca-certificates curl:curl gcc:gcc libc6-dev make:make musl-tools:musl-gcc ;;
    run) echo conmon:conmon containernetworking-plugins iproute2:ip iptables:iptables libisal2 libseccomp2 ;;
    images) echo busybox-static coreutils dash docker-registry:docker-registry gcc:gcc libc6-dev nginx:nginx procps skopeo:skopeo util-linux ;;
    test) packages build; packages run; packages images; packages runc; echo crun:crun runc:runc jq:jq openssl:openssl umoci:umoci zstd:zstd ;;
    demo) packages build; packages run; packages images; echo curl:curl jq:jq ;;
    vm) echo busybox-static e2fsprogs:mke2fs mmdebstrap:mmdebstrap qemu-system-x86:qemu-system-x86_64 ;;
    bench) packages demo; echo containerd:containerd runc:runc podman:podman ;;
    conformance) packages demo; packages runc; echo crun:crun runc:runc ;;
    runc) ! command -v go >/dev/null || echo gcc:gcc libc6-dev libseccomp-dev pkg-config:pkg-config ;;
    fuzz) packages build; echo clang:clang libclang-rt-dev libisal2 ;;
    *) die "unknown purpose '$1': build, run, test, demo, vm, bench, conformance, fuzz" ;;
    esac
}

# Units that these packages would start; the work here runs its own instances on its own ports and roots.
units="docker-registry.service nginx.service containerd.service podman.service podman.socket podman-restart.service podman-auto-update.timer"

missing() {
    local name
    for name; do
        case $name in *:*) ! command -v "${name#*:}" >/dev/null || continue ;; esac
        name=${name%:*}
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
    done
}

install_without_starting() {
    local unit new_units=""
    if [ -d /run/systemd/system ]; then
        for unit in $units; do
            systemctl cat "$unit" >/dev/null 2>&1 || new_units="$new_units $unit"
        done
        # shellcheck disable=SC2086 # a list of words
        systemctl --quiet --runtime mask $new_units
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove "$@" </dev/null >&2
    if [ -n "$new_units" ]; then
        # shellcheck disable=SC2086
        systemctl --quiet --runtime unmask $new_units
        for unit in $new_units; do
            ! systemctl cat "$unit" >/dev/null 2>&1 || systemctl --quiet disable "$unit" >/dev/null 2>&1 || true
        done
    fi
}

[ $# -gt 0 ] || die "usage: deps.sh PURPOSE..."
wanted=$(for purpose; do packages "$purpose"; done | tr ' ' '\n' | sort -u)
if ! command -v dpkg-query >/dev/null; then
    [ "${CARAFE_DEPS-}" != skip ] || exit 0
    # shellcheck disable=SC2086,SC2116 # one line of words
    die "not a Debian or Ubuntu system: install what these are called here, then run again with CARAFE_DEPS=skip: $(echo $wanted)"
fi
# shellcheck disable=SC2086
lacking=$(missing $wanted)
[ -n "$lacking" ] || exit 0
# shellcheck disable=SC2086
set -- $lacking
[ "$(id -u)" = 0 ] || die "missing packages, and no root to install them: sudo apt-get install --no-install-recommends $*"
say "installing packages: $*"
apt-get update -qq >&2 || say "apt-get update failed; going on with the lists at hand"
install_without_starting "$@"
