#!/bin/sh
# usage: guest.sh cgroupfs|systemd
#
# Runs the tests inside the test machine: as the first process of all for the driver cgroupfs, as a service of systemd for
# the driver systemd. Everything it prints goes to the serial line, and boot.sh reads its last line.
set -u
driver=$1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8

if [ "$driver" = cgroupfs ]; then
    exec </dev/null >/dev/ttyS0 2>&1
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t securityfs securityfs /sys/kernel/security
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mount -t tmpfs tmpfs /run
    mount --make-rshared /
    mkdir -p /dev/pts /dev/shm
    mount -t devpts devpts /dev/pts
    mount -t tmpfs tmpfs /dev/shm
    ip link set lo up
fi

ip link add eth0 type dummy # a node has some interface
ip link set eth0 up
project=/vm/project
tests=$(printf ":$project/tests/%s" daemon engine runtime linux daemon-classes)
echo "machine up after $(cut -d ' ' -f 1 /proc/uptime) s: Linux $(uname -r), driver $driver"
# run RUNTIME DIRECTORIES: the tests of those directories, with that runtime where a test leaves it open.
run() {
    /vm/jdk/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m --enable-native-access=ALL-UNNAMED \
        --sun-misc-unsafe-memory-access=allow -Dcarafe.launcher=$project/carafe-launcher \
        -Dcarafe.cgroup-driver="$driver" -Dcarafe.test.runtime="$1" \
        -cp "$project/lib/*$tests" org.junit.platform.console.ConsoleLauncher execute \
        --disable-banner --disable-ansi-colors --details=testfeed --include-tag=cgroup --exclude-tag="not-$driver" \
        --scan-class-path="$2" --include-classname="$(cat $project/classes)"
}

code=0
run carafe-oci "${tests#:}" || code=$?
run runc $project/tests/engine || code=$?
echo "carafe-test-exit=$code"
[ "$driver" = systemd ] || busybox poweroff -f
