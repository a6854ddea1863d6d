#!/usr/bin/env bash
# usage: scripts/vm/boot.sh cgroupfs|systemd
#
# Boots the test machine once and runs the tests with that cgroup driver. What it says is build/vm/DRIVER.log, on standard
# output too. Ends with the tests' own exit code; 100 if the machine ended without one.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

driver=$1
case $driver in
cgroupfs) init="/vm/project/guest.sh cgroupfs" ;;
systemd) init="/lib/systemd/systemd --unit=carafe-test.service" ;;
*) die "usage: boot.sh cgroupfs|systemd" ;;
esac
vm=$build/vm
limit=${VM_LIMIT-2400}

# Hardware help where there is some; a /dev/kvm without the processor's flag is there for guests of another kind.
accelerator=tcg
if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then accelerator=kvm; fi

disk() { printf -- '-drive file=%s,if=virtio,format=raw,%s' "$vm/$1.img" "$2"; }

# shellcheck disable=SC2046 # words
TMPDIR=$vm timeout "$limit" qemu-system-x86_64 -nodefaults -no-reboot -display none -serial stdio \
    -machine q35,accel=$accelerator -cpu max -smp 2 -m 2560 \
    -kernel "$vm/vmlinuz" -initrd "$vm/initrd.img" \
    -append "console=ttyS0 quiet loglevel=3 systemd.show_status=false hugepages=8 INIT=\"$init\"" \
    $(disk root snapshot=on) $(disk jdk readonly=on) $(disk project readonly=on) </dev/null |
    sed -u 's|\r$||' | tee "$vm/$driver.log"
code=$(sed -n 's/^carafe-test-exit=//p' "$vm/$driver.log" | tail -1)
exit "${code:-100}"
