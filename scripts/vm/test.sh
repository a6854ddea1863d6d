#!/usr/bin/env bash
# Runs the tests that look at cgroups in a virtual machine with cgroup v2 alone: once with Carafe's driver cgroupfs and no
# systemd, once under systemd with its driver; each time with carafe-oci, and what makes containers with runc too. The last line tells the counts; the exit code is 0 only if nothing failed.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

need_root test-vm
[ "$(uname -m)" = x86_64 ] || die "the test machine is an x86-64 one, and this is $(uname -m)"
"$top/scripts/deps.sh" build vm
[ "${VM_MACHINE-qemu}" != uml ] || command -v linux.uml >/dev/null || die "VM_MACHINE=uml needs the package user-mode-linux"
"$top/scripts/vm/root.sh"
"$top/scripts/vm/project.sh"

# added: the sum that standard input asks for, or nothing.
added() { local sum; read -r sum || return 0; echo $((sum)); }

passed=0 failed=0 skipped=0
# count DRIVER CODE: adds up JUnit's summaries, whose lines are such as "[         3 tests successful      ]".
count() {
    local log=$build/vm/$1.log f
    number() { sed -nE "s/^\[ +([0-9]+) tests $1 +\]$/\1/p" "$log" | paste -sd+ | added; }
    f=$(number failed)
    [ "$2" = 0 ] || [ "${f:-0}" -gt 0 ] || f=1
    passed=$((passed + $(number successful || true) + 0)) failed=$((failed + ${f:-0}))
    skipped=$((skipped + $(number skipped || true) + $(number aborted || true) + 0))
}

for driver in ${VM_DRIVERS-cgroupfs systemd}; do
    say "testing on cgroup v2 with the driver $driver (build/vm/$driver.log)"
    code=0
    "$top/scripts/vm/boot.sh" "$driver" || code=$?
    count "$driver" "$code"
done
hand_back "$build" "$top"/*/target
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
