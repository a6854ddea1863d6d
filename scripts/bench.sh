#!/usr/bin/env bash
# Measures carafed beside the host's containerd and podman, each on roots, sockets, a bridge and a cgroup of its own.
# Results: bench/results/latest.json and latest.md. ROUNDS and PODS change the counts, PEERS which daemons run, and
# RUNTIME=crun the OCI runtime under the others; CARAFE_RUNTIME=runc another one than its own under carafed.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host.sh
. "$(dirname "$0")/host.sh"

need_root bench
find_jdk
"$top/scripts/deps.sh" bench
"$top/scripts/build.sh"
home=$(mktemp -d /var/tmp/carafe-bench.XXXXXX)
trap leave EXIT
trap 'exit 130' INT TERM HUP

leave() {
    local status=$? name
    trap - EXIT
    "$top/scripts/registry.sh" stop "$home"
    for name in carafe containerd podman; do sweep "$home/$name" "/bench-$name" "cb-$name"; done
    umount "$home/mounts/ns" "$home/mounts" 2>/dev/null || true
    restore_host "$home/host"
    [ "$status" = 0 ] || { say "the daemons' logs are in $home"; exit "$status"; }
    rm -rf "$home"
}

prepare_host "$home/host"
port=$("$top/scripts/registry.sh" port)
"$top/scripts/registry.sh" start "$home" "$port"
"$top/scripts/registry.sh" push "$port" bench

export RUNTIME=${RUNTIME:-runc} CARAFE_RUNTIME=${CARAFE_RUNTIME:-carafe-oci}
command -v "$RUNTIME" >/dev/null || die "there is no $RUNTIME in PATH: install it, or set RUNTIME to runc or crun"
# crun before 1.9 refuses hosts with cgroup v1 and v2: the daemons then run where v2 is not mounted, in one mount
# namespace that outlives each of them
within=""
if [ "$RUNTIME" = crun ] && mountpoint -q /sys/fs/cgroup/unified; then
    mkdir "$home/mounts"
    mount --bind "$home/mounts" "$home/mounts"
    mount --make-private "$home/mounts"
    touch "$home/mounts/ns"
    unshare --mount="$home/mounts/ns" umount /sys/fs/cgroup/unified
    within="nsenter --mount=$home/mounts/ns "
fi

peers=()
image=registry.k8s.io/bench/shell:1
for peer in ${PEERS:-carafe containerd podman}; do
    mkdir -p "$home/$peer/logs"
    case $peer in
    carafe)
        "$top/scripts/install.sh" "" "$home/install"
        "$top/scripts/cni.sh" "$home/carafe/cni" cb-carafe 231
        "$top/scripts/registry.sh" conf "$port" >"$home/carafe/registries.conf"
        peers+=("carafe,$home/carafe/carafe.sock,$home/carafe,21000,$within$home/install/bin/carafed $(carafed_flags "$home/carafe" /bench-carafe) --default-runtime $CARAFE_RUNTIME")
        command="$home/install/bin/carafe --host $home/carafe/carafe.sock"
        peers+=("cli:carafe|$command run -d --name @ -p 23001:80 --memory 128m $image sleep 1000|$command exec @ true|$command rm -f @")
        ;;
    containerd)
        "$top/scripts/cni.sh" "$home/containerd/cni" cb-containerd 232
        containerd_config "$home/containerd" "$port" "$RUNTIME"
        peers+=("containerd,$home/containerd/containerd.sock,$home/containerd,22000,${within}containerd --config $home/containerd/config.toml --log-level warn")
        ;;
    podman)
        # its defaults ask for rlimits that a container host may not give
        "$top/scripts/cni.sh" "$home/podman/cni" cb-podman 237
        command="${within}podman --root $home/podman/root --runroot $home/podman/run --tmpdir $home/podman/tmp --runtime $RUNTIME"
        command="$command --cgroup-manager cgroupfs --events-backend file --network-config-dir $home/podman/cni"
        # shellcheck disable=SC2086 # words
        if $command pull -q --tls-verify=false "127.0.0.1:$port/bench/shell:1" >"$home/podman/log" 2>&1; then
            run="$command run -d --network cb-podman --cgroup-parent /bench-podman --ulimit nofile=1024:1024 --ulimit nproc=1024:1024"
            peers+=("cli:podman|$run --name @ -p 23002:80 --memory 128m 127.0.0.1:$port/bench/shell:1 sleep 1000|$command exec @ true|$command rm -f -t 0 @")
        else
            say "podman does not run here: $(tail -1 "$home/podman/log")"
        fi
        ;;
    *) die "unknown peer '$peer': carafe, containerd, podman" ;;
    esac
done

say "measuring on $(nproc) processors; leave the machine alone meanwhile"
java_bench io.carafe.bench.Bench "$top/bench/results" "${ROUNDS:-15}" "${PODS:-50}" "${peers[@]}"
hand_back "$top/bench/results" "$build"
