#!/usr/bin/env bash
# usage: scripts/vm/root.sh
#
# Makes what the test machine boots, in build/vm: vmlinuz (Debian's cloud kernel), initrd.img (one module and a shell) and
# root.img (a minimal Debian with what a node has). Kept until this script changes; VM_SUITE=… takes another release.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

suite=${VM_SUITE-trixie}
mirror=${VM_MIRROR-http://deb.debian.org/debian}
packages=systemd-sysv,dbus,linux-image-cloud-amd64,kmod,procps,util-linux
packages=$packages,conmon,runc,crun,containernetworking-plugins,iproute2,iptables,busybox-static,apparmor
vm=$build/vm
made=$(sha256sum <"$0" | cut -c1-16)-$suite
[ "$(cat "$vm/.root" 2>/dev/null)" != "$made" ] || exit 0

say "making the root file system of the test machine: Debian $suite from $mirror (some minutes)"
mkdir -p "$vm"
work=$(mktemp -d "$vm/root.XXXXXX")
trap 'rm -rf "$work"' EXIT
# our own initrd is made below: Debian's takes the emulated machine half a minute to unpack
# shellcheck disable=SC2016 # the hook's own $1
mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-confold \
    --setup-hook='mkdir -p "$1/etc/initramfs-tools" && echo "update_initramfs=no" >"$1/etc/initramfs-tools/update-initramfs.conf"' \
    "$suite" "$work/root" "$mirror" >&2

root=$work/root
mkdir -p "$root/vm/jdk" "$root/vm/project"
cat >"$root/etc/systemd/system/carafe-test.service" <<'END'
# What is booted instead of a default target; the end of the tests is the end of the machine.
[Unit]
Description=Carafe's tests
Requires=basic.target dbus.service
After=basic.target dbus.service
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/vm/project/guest.sh systemd
Delegate=yes
KillMode=process
StandardInput=null
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
END

mkdir -p "$work/initrd/bin" "$work/initrd/dev" "$work/initrd/root"
cp "$root/usr/bin/busybox" "$work/initrd/bin/"
module=$(find "$root/usr/lib/modules" -name 'virtio_blk.ko*')
case $module in *.xz) xz -dc "$module" ;; *.zst) zstd -dqc "$module" ;; *) cat "$module" ;; esac >"$work/initrd/virtio_blk.ko"
cat >"$work/initrd/init" <<'END'
#!/bin/busybox sh
# DRIVER, and MODULES where those of the kernel are on the host, come from the kernel's command line.
/bin/busybox mount -t devtmpfs dev /dev
disk=/dev/ubd
[ -e ${disk}a ] || { disk=/dev/vd && /bin/busybox insmod /virtio_blk.ko; }
/bin/busybox mount -t ext4 ${disk}a /root
/bin/busybox mount -t ext4 -o ro ${disk}b /root/vm/jdk
/bin/busybox mount -t ext4 -o ro ${disk}c /root/vm/project
[ -z "$MODULES" ] || /bin/busybox mount -t hostfs -o "$MODULES" none /root/usr/lib/modules
/bin/busybox mount --move /dev /root/dev
case $DRIVER in
systemd) exec /bin/busybox switch_root /root /lib/systemd/systemd --unit=carafe-test.service ;;
*) exec /bin/busybox switch_root /root /vm/project/guest.sh "$DRIVER" ;;
esac
END
chmod 0755 "$work/initrd/init"
(cd "$work/initrd" && find . | "$root/usr/bin/busybox" cpio -o -H newc 2>/dev/null) | gzip -1 >"$vm/initrd.img"

cp "$root"/boot/vmlinuz-* "$vm/vmlinuz"
rm -rf "${root:?}"/boot/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
rm -f "$vm/root.img"
mke2fs -q -t ext4 -O ^has_journal -d "$root" "$vm/root.img" 2G
echo "$made" >"$vm/.root"
