#!/usr/bin/env bash
# usage: scripts/vm/boot.sh cgroupfs|systemd
#
# Boots the test machine once and runs the tests with that cgroup driver. What it says is build/vm/DRIVER.log, on standard
# output too. Ends with the tests' own exit code; 100 if the machine ended without one.
#
# VM_MACHINE=qemu is a whole machine with Debian's cloud kernel, emulated where there is no KVM; VM_MACHINE=uml is User Mode
# Linux, a kernel that is a process: ten times as fast as emulation, but with one CPU and without cpusets, huge pages and PSI.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

driver=$1
case $driver in cgroupfs | systemd) ;; *) die "usage: boot.sh cgroupfs|systemd" ;; esac
vm=$build/vm
limit=${VM_LIMIT-2400}
words="console=ttyS0 quiet loglevel=3 systemd.show_status=false apparmor=1 security=apparmor DRIVER=$driver"

# Hardware help where there is some; a /dev/kvm without the processor's flag is there for guests of another kind.
accelerator=tcg
if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then accelerator=kvm; fi

machine=${VM_MACHINE-qemu}
disk() { printf -- '-drive file=%s,if=virtio,format=raw,%s' "$vm/$1.img" "$2"; }

# shellcheck disable=SC2046,SC2086 # words
run() {
    case $machine in
    qemu)
        TMPDIR=$vm timeout "$limit" qemu-system-x86_64 -nodefaults -no-reboot -display none -serial stdio \
            -machine q35,accel=$accelerator -cpu max -smp 2 -m 2560 \
            -kernel "$vm/vmlinuz" -initrd "$vm/initrd.img" -append "$words hugepages=8" \
            $(disk root snapshot=on) $(disk jdk readonly=on) $(disk project readonly=on)
        ;;
    uml)
        rm -f "$vm/root.cow"
        timeout "$limit" linux.uml mem=2560M uml_dir="$vm/uml" con=null ssl=null ssl0=null,fd:1 panic=-1 \
            ubd0="$vm/root.cow,$vm/root.img" ubd1r="$vm/jdk.img" ubd2r="$vm/project.img" initrd="$vm/initrd.img" \
            MODULES=/usr/lib/uml/modules $words
        rm -f "$vm/root.cow"
        ;;
    *) die "VM_MACHINE=$machine: qemu or uml" ;;
    esac
}

run </dev/null | sed -u 's|\r$||' | tee "$vm/$driver.log"
code=$(sed -n 's/^carafe-test-exit=//p' "$vm/$driver.log" | tail -1)
exit "${code:-100}"
