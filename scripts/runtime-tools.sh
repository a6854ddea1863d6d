#!/usr/bin/env bash
# usage: scripts/runtime-tools.sh [PROGRAM...]
#
# Runs the 58 validation programs of opencontainers/runtime-tools (or those that are named) against each runtime in RUNTIMES
# (default: carafe-oci runc crun), in a mount namespace of its own, and writes conformance/results/runtime-tools.md. The exit
# code is 0 when carafe-oci failed nothing but what conformance/runtime-tools/expected.txt names.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

module=github.com/opencontainers/runtime-tools
here=$top/conformance/runtime-tools
built=$build/runtime-tools
results=$top/conformance/results

# What go.sum was when the programs were built tells whether they are still the ones that are pinned.
build_programs() {
    if [ -x "$built/runtimetest" ] && cmp -s "$here/go.sum" "$built/go.sum"; then return 0; fi
    command -v go >/dev/null || die "the programs are built with Go: install Go 1.26 or later (go.dev/dl)"
    say "building the validation programs of runtime-tools"
    mkdir -p "$built"
    cd "$here"
    local source
    source=$(GOFLAGS=-mod=readonly go list -m -f '{{.Dir}}' $module)
    [ -n "$source" ] || { GOFLAGS=-mod=readonly go mod download $module; source=$(go list -m -f '{{.Dir}}' $module); }
    CGO_ENABLED=0 go build -mod=mod -trimpath -o "$built/runtimetest" $module/cmd/runtimetest
    # shellcheck disable=SC2046 # a list of packages
    go build -mod=mod -trimpath -o "$built/" $(find "$source/validation" -mindepth 1 -maxdepth 1 -type d ! -name util -printf "$module/validation/%f\n")
    install -m 0644 "$source"/rootfs-*.tar.gz "$built/"
    cp go.sum "$built/"
}

if [ "${1-}" != inside ]; then
    need_root conformance
    "$top/scripts/deps.sh" conformance
    build_programs
    "$top/scripts/runc.sh" || true # the distribution's does, if it is new enough
    exec unshare --mount --propagation private "$top/scripts/runtime-tools.sh" inside "$@"
fi
shift

"$top/scripts/install.sh" "" "$build/conformance"
home=$(mktemp -d /var/tmp/carafe-runtime-tools.XXXXXX)
chmod 711 "$home" # root of a user namespace has to find its way through
trap 'sweep "$home"' EXIT

# sweep DIRECTORY: removes it, but not what a runtime has left mounted there, which may be the host's own /sys.
sweep() {
    awk -v below="$1/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | tac | while read -r mount; do umount -l "$mount"; done
    rm -rf --one-file-system "$1"
}
unified=/sys/fs/cgroup/unified
cd "$built"
[ $# -gt 0 ] || { mapfile -t programs < <(find . -maxdepth 1 -type f -perm -u+x ! -name runtimetest -printf '%f\n' | sort) && set -- "${programs[@]}"; }
read -ra runtimes <<<"${RUNTIMES:-carafe-oci runc crun}"

# passes RUNTIME PROGRAM PATH: once in three tries, for some of them race with the program that they have started (killsig
# sends its signals to a shell that may not have set its traps).
passes() {
    local log=$results/runtime-tools/$2.$1.log status
    for _ in 1 2 3; do
        mkdir -p "$home/tmp" "$results/runtime-tools"
        status=0
        TMPDIR=$home/tmp RUNTIME=$3 timeout 120 "./$2" >"$log" 2>&1 || status=$?
        delete_left "$3"
        sweep "$home/tmp"
        if [ $status = 0 ] && ! grep -q '^not ok' "$log"; then return 0; fi
    done
    return 1
}

# delete_left PATH: containers that a program did not delete.
delete_left() {
    "$1" list --format json 2>/dev/null | jq -r --arg below "$home/" '.[]? | select(.bundle | startswith($below)) | .id' |
        while read -r id; do "$1" delete --force "$id" || true; done
}

# run_all RUNTIME PROGRAM...: a line each, "pass" or the first check that was not ok.
run_all() {
    local runtime=$1 program path
    shift
    path=$(PATH=$build/conformance/bin:$build/bin:$PATH command -v "$runtime") || die "there is no $runtime"
    for program; do
        if passes "$runtime" "$program" "$path"; then
            printf '%s\tpass\n' "$program"
        else
            printf '%s\t%s\n' "$program" "$(grep -m1 '^not ok' "$results/runtime-tools/$program.$runtime.log" | sed 's/^not ok [0-9]* - //' || true)"
        fi
    done
}

for runtime in "${runtimes[@]}"; do
    # crun 1.8 refuses hosts that have cgroup v1 and a v2 hierarchy with controllers; it sees v1 alone here
    if [ "$runtime" = crun ] && mountpoint -q $unified; then umount $unified; fi
    say "runtime-tools with $runtime"
    run_all "$runtime" "$@" >"$home/$runtime"
done
mkdir -p "$results"
status=0
perl "$here/table.pl" "$here/expected.txt" "${runtimes[@]/#/$home/}" >"$results/runtime-tools.md" || status=1
cat "$results/runtime-tools.md"
hand_back "$results" "$build"
exit $status
