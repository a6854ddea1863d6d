# What the tests here have in common, to be sourced: checks that are counted in $failures, a directory $dir that goes with the
# test, and a root file system of busybox. Whoever needs more undone than $dir has a function clean that calls remove_dir.
# shellcheck shell=sh
failures=0
dir=$(mktemp -d "/tmp/carafe-$(basename "$0" .sh)-test.XXXXXX")

remove_dir() { rm -rf "$dir"; }
clean() { remove_dir; }
trap 'clean' EXIT
trap 'exit 1' INT TERM

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
same() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }
has() { case $2 in *"$3"*) ;; *) fail "$1: expected '$3' in '$2'" ;; esac; }
hasnt() { case $2 in *"$3"*) fail "$1: unexpected '$3' in '$2'" ;; esac; }
# waits until a condition holds, at most ten seconds; nothing here signals a change of state to a shell
await() {
    tries=0
    until eval "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || { fail "not within 10 s: $1"; return 1; }
        "$busybox" usleep 50000
    done
}

# need_busybox: ends the test well where there is none
need_busybox() { busybox=$(command -v busybox) || { echo "$(basename "$0"): no busybox here, skipped" >&2; exit 0; }; }
# root_of_busybox DIRECTORY TOOL...
root_of_busybox() {
    root=$1
    shift
    mkdir -p "$root/bin"
    cp "$busybox" "$root/bin/busybox"
    for tool; do ln -s busybox "$root/bin/$tool"; done
}
# a bundle with a config.json that only plans made by hand are of
bundle_by_hand() {
    mkdir -p "$dir/bundle"
    echo '{"made":"by hand"}' >"$dir/bundle/config.json"
}
# a hierarchy to make cgroups in, as $hierarchy: where there is a freezer, or v2 alone
find_hierarchy() { if [ -e /sys/fs/cgroup/cgroup.controllers ]; then hierarchy=/sys/fs/cgroup; else hierarchy=/sys/fs/cgroup/freezer; fi; }

# finish WORDS: says them if nothing failed, and ends
finish() {
    [ $failures = 0 ] || { echo "$failures failed"; exit 1; }
    echo "launcher: $*"
    exit 0
}
