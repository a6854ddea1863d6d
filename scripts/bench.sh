#!/usr/bin/env bash
# Measures carafed beside the host's containerd, each on roots, sockets, a bridge and a cgroup of its own.
# Results: bench/results/latest.json and latest.md. ROUNDS and PODS change the counts, PEERS which daemons run.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host.sh
. "$(dirname "$0")/host.sh"

need_root bench
"$top/scripts/deps.sh" bench
find_jdk
"$top/scripts/build.sh"
home=$(mktemp -d /var/tmp/carafe-bench.XXXXXX)
trap leave EXIT
trap 'exit 130' INT TERM HUP

leave() {
    local status=$? name
    trap - EXIT
    "$top/scripts/registry.sh" stop "$home"
    for name in carafe containerd; do sweep "$home/$name" "/bench-$name" "cb-$name"; done
    restore_host "$home/host"
    [ "$status" = 0 ] || { say "the daemons' logs are in $home"; exit "$status"; }
    rm -rf "$home"
}

prepare_host "$home/host"
port=$("$top/scripts/registry.sh" port)
"$top/scripts/registry.sh" start "$home" "$port"
"$top/scripts/registry.sh" push "$port" bench

peers=()
for peer in ${PEERS:-carafe containerd}; do
    mkdir -p "$home/$peer/logs"
    case $peer in
    carafe)
        "$top/scripts/install.sh" "" "$home/install"
        "$top/scripts/cni.sh" "$home/carafe/cni" cb-carafe 231
        "$top/scripts/registry.sh" conf "$port" >"$home/carafe/registries.conf"
        peers+=("carafe,$home/carafe/carafe.sock,$home/carafe,21000,$home/install/bin/carafed $(carafed_flags "$home/carafe" /bench-carafe)")
        ;;
    containerd)
        "$top/scripts/cni.sh" "$home/containerd/cni" cb-containerd 232
        for host in docker.io registry.k8s.io; do
            mkdir -p "$home/containerd/certs.d/$host"
            printf '[host."http://127.0.0.1:%s"]\n' "$port" >"$home/containerd/certs.d/$host/hosts.toml"
        done
        cat >"$home/containerd/config.toml" <<END
version = 2
root = "$home/containerd/root"
state = "$home/containerd/run"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
address = "$home/containerd/containerd.sock"
[ttrpc]
address = "$home/containerd/containerd.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.k8s.io/pause:3.6"
restrict_oom_score_adj = true
stream_server_port = "0"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$cni_bin"
conf_dir = "$home/containerd/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "$home/containerd/certs.d"
END
        peers+=("containerd,$home/containerd/containerd.sock,$home/containerd,22000,containerd --config $home/containerd/config.toml --log-level warn")
        ;;
    *) die "unknown peer '$peer': carafe, containerd" ;;
    esac
done

say "measuring on $(nproc) processors; leave the machine alone meanwhile"
java_bench io.carafe.bench.Bench "$top/bench/results" "${ROUNDS:-15}" "${PODS:-50}" "${peers[@]}"
hand_back "$top/bench/results" "$build"
