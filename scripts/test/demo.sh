#!/usr/bin/env bash
# The demo ends well, and the host is afterwards what it was: mounts, links, forwarding, nat tables, namespaces, cgroups.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

host() {
    cut -d' ' -f5 /proc/self/mountinfo | grep -F /carafe-demo. || true
    ip -o link show | awk '{ print $2 }' | grep -E 'cdemo-' || true
    find /sys/fs/cgroup -type d -name '*carafe-demo*'
    find /var/tmp -maxdepth 1 -name 'carafe-demo.*'
    sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.all.route_localnet 2>/dev/null
    { iptables -w -t nat -S && ip6tables -w -t nat -S; } 2>/dev/null | grep -E 'cdemo-' || true
}

before=$(host)
"$top/scripts/demo.sh"
after=$(host)
diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") || { echo "the demo changed the host"; exit 1; }
echo "2 passed, 0 failed"
