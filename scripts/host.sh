# shellcheck shell=bash disable=SC2154
# How the demo, the bench and the suites run carafed on this host beside everything else: what they change outside of
# their own directory, and how it all goes back. Sourced after lib.sh.

if [ -x /opt/cni/bin/bridge ]; then cni_bin=/opt/cni/bin; else cni_bin=/usr/lib/cni; fi

# What pod networks need of the host; CNI's bridge plugin would switch forwarding on and leave it.
host_settings="net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.all.route_localnet"

# prepare_host FILE: remembers the settings in FILE, switches them on and says so.
prepare_host() {
    local name old
    : >"$1"
    for name in $host_settings; do
        old=$(sysctl -n "$name" 2>/dev/null) || continue
        printf '%s=%s\n' "$name" "$old" >>"$1"
        [ "$old" = 1 ] && continue
        say "setting $name to 1 while this runs (it was $old)"
        sysctl -qw "$name=1"
    done
    # CNI's portmap plugin makes these chains with the first host port and never takes them away
    ! has_port_chains || echo port_chains >>"$1"
}

restore_host() {
    [ -e "$1" ] || return 0
    local line port_chains=0
    while read -r line; do
        case $line in
        port_chains) port_chains=1 ;;
        *) sysctl -qw "$line" ;;
        esac
    done <"$1"
    [ "$port_chains" = 1 ] || delete_port_chains
}

has_port_chains() { iptables -w -t nat -nL CNI-HOSTPORT-DNAT >/dev/null 2>&1; }

# rules PROGRAM TEXT: the nat rules that hold TEXT, as arguments for -D; their quotes need a shell to read them.
rules() { "$1" -w -t nat -S 2>/dev/null | grep -F -- "$2" | sed -n 's/^-A //p'; }

# The chains that all networks share: only empty ones go.
delete_port_chains() {
    local program rule
    for program in iptables ip6tables; do
        ! "$program" -w -t nat -S CNI-HOSTPORT-DNAT 2>/dev/null | grep -q '^-A' || continue
        while read -r rule; do
            case $rule in
            PREROUTING* | OUTPUT* | POSTROUTING*) eval "$program -w -t nat -D $rule" ;;
            esac
        done < <(rules "$program" CNI-HOSTPORT-)
        for rule in CNI-HOSTPORT-DNAT CNI-HOSTPORT-MASQ CNI-HOSTPORT-SETMARK; do
            ! "$program" -w -t nat -F "$rule" 2>/dev/null || "$program" -w -t nat -X "$rule"
        done
    done
}

# delete_network_rules NETWORK: what a CNI network's pods left in the nat table, where DEL never ran.
delete_network_rules() {
    local program rule chain
    for program in iptables ip6tables; do
        while read -r rule; do
            chain=${rule##*-j }
            eval "$program -w -t nat -D $rule"
            case $chain in
            CNI-HOSTPORT-*) ;;
            CNI-*) "$program" -w -t nat -F "$chain" && "$program" -w -t nat -X "$chain" ;;
            esac
        done < <(rules "$program" "name: \\\"$1\\\"" | grep -E '^(POSTROUTING|CNI-HOSTPORT-DNAT) ') || true
    done
}

# carafed_flags HOME CGROUP: the flags of a carafed that keeps everything under HOME; writes its configuration there.
carafed_flags() {
    printf '{"default": [{"type": "insecureAcceptAnything"}]}\n' >"$1/policy.json"
    cat >"$1/carafe.toml" <<END
cgroup_driver = "cgroupfs"
[log]
level = "debug"
[streaming]
address = "127.0.0.1"
port = 0
END
    echo "--config $1/carafe.toml --root $1/root --run-root $1/run --listen $1/carafe.sock --cni-conf-dir $1/cni" \
        "--cni-bin-dir $cni_bin --registries-conf $1/registries.conf --policy $1/policy.json --cgroup-parent $2"
}

# containerd_config HOME PORT RUNTIME: writes HOME/config.toml for a containerd that keeps everything under HOME, with
# the registry on loopback as registry.k8s.io and docker.io.
containerd_config() {
    local host
    for host in docker.io registry.k8s.io; do
        mkdir -p "$1/certs.d/$host"
        printf '[host."http://127.0.0.1:%s"]\n' "$2" >"$1/certs.d/$host/hosts.toml"
    done
    cat >"$1/config.toml" <<END
version = 2
root = "$1/root"
state = "$1/run"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
address = "$1/containerd.sock"
[ttrpc]
address = "$1/containerd.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.k8s.io/pause:3.6"
restrict_oom_score_adj = true
stream_server_port = "0"
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "$3"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$3]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$3.options]
BinaryName = "$3"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$cni_bin"
conf_dir = "$1/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "$1/certs.d"
END
}

# java_bench CLASS ARGS...: a main class of the bench module, from its target directory.
java_bench() {
    local jars
    jars=$(bench_class_path)
    "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m --enable-native-access=ALL-UNNAMED \
        --sun-misc-unsafe-memory-access=allow -cp "$jars" "$@"
}

bench_class_path() {
    printf '%s:%s\n' "$top/bench/target/classes" "$(cat "$top/bench/target/class-path")"
}

# sweep HOME CGROUP BRIDGE: ends what an instance left, so that a failed run leaves nothing either: processes that name
# HOME, mounts below HOME, cgroups, the bridge and its addresses' rules. After a clean run there is nothing to find.
sweep() {
    local home=$1 cgroup=$2 bridge=$3 dir pid mount
    for dir in /sys/fs/cgroup"$cgroup" /sys/fs/cgroup/*"$cgroup"; do
        [ -d "$dir" ] || continue
        # shellcheck disable=SC2046 # numbers
        kill -KILL $(find "$dir" -name cgroup.procs -exec cat {} + 2>/dev/null) 2>/dev/null || true
    done
    for pid in $(pgrep -f -- "$home/" || true); do
        [ "$pid" = $$ ] || kill -KILL "$pid" 2>/dev/null || true
    done
    for dir in /sys/fs/cgroup"$cgroup" /sys/fs/cgroup/*"$cgroup"; do
        [ -d "$dir" ] || continue
        for _ in 1 2 3 4 5; do
            find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null && break
            sleep 0.1
        done
    done
    while read -r mount; do umount -l "$mount" 2>/dev/null || true; done < <(mounts_under "$home" | tac)
    delete_network_rules "$bridge"
    ip link delete "$bridge" 2>/dev/null || true
}

# mounts_under DIR: the mount points below DIR, in the order of mounting.
mounts_under() { awk -v dir="$1/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo; }
