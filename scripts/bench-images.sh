#!/usr/bin/env bash
# Measures how carafed pulls, pushes and removes images beside the host's containerd, podman and skopeo, each on roots of its
# own, over loopback from a registry of its own. Results: bench/results/images.json and images.md.
# ROUNDS changes the count, PEERS who takes part; ONE_MIB, TEN_MIB and SMALL_FILES make the images smaller (images/build.sh).
# The images are made of this host's files, once, and take 8 GB in build/. All roots are on one new ext4 in a file, where loop
# devices are to be had: a file system without a journal, as some virtual machines have, is slow for a minute after much was deleted.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host.sh
. "$(dirname "$0")/host.sh"

need_root bench-images
find_jdk
"$top/scripts/deps.sh" bench
"$top/scripts/build.sh"
home=$(mktemp -d /var/tmp/carafe-bi.XXXXXX) # podman takes 50 characters for its runroot
disk=$home/disk
loop=""
trap leave EXIT
trap 'exit 130' INT TERM HUP

leave() {
    local status=$? name
    trap - EXIT
    "$top/scripts/registry.sh" stop "$home"
    for name in carafe containerd podman skopeo push; do sweep "$disk/$name" "/bench-images-$name" "ci-$name"; done
    ! mountpoint -q "$disk" || umount "$disk"
    [ -z "$loop" ] || losetup -d "$loop"
    [ "$status" = 0 ] || { say "the daemons' logs are in $home"; exit "$status"; }
    rm -rf "$home"
}

new_disk() {
    mkdir "$disk"
    truncate -s 60G "$home/disk.img"
    mkfs.ext4 -q -F -E lazy_itable_init=0,nodiscard "$home/disk.img"
    if loop=$(losetup --direct-io=on -f --show "$home/disk.img"); then mount "$loop" "$disk"; else say "no loop device: measuring on $(stat -f -c %T "$home")"; fi
}

port=$("$top/scripts/registry.sh" port)
push_port=$("$top/scripts/registry.sh" port)
"$top/scripts/registry.sh" start "$home" "$port"
"$top/scripts/registry.sh" push "$port" bench-images
"$top/scripts/registry.sh" conf "$port" >"$home/registries.conf"
printf '[[registry]]\nlocation = "127.0.0.1:%s"\ninsecure = true\n' "$push_port" >>"$home/registries.conf"
printf '{"default": [{"type": "insecureAcceptAnything"}]}\n' >"$home/policy.json"

new_disk
peers=()
for peer in ${PEERS:-carafe containerd podman skopeo}; do
    mkdir -p "$disk/$peer"
    case $peer in
    carafe)
        "$top/scripts/install.sh" "" "$home/install"
        "$top/scripts/cni.sh" "$disk/carafe/cni" ci-carafe 233
        cp "$home/registries.conf" "$disk/carafe/registries.conf"
        peers+=("carafe,$disk/carafe/carafe.sock,$disk/carafe,0,$home/install/bin/carafed $(carafed_flags "$disk/carafe" /bench-images-carafe)|$home/install/bin/carafe --host $disk/carafe/carafe.sock push -q @ %")
        ;;
    containerd)
        "$top/scripts/cni.sh" "$disk/containerd/cni" ci-containerd 234
        containerd_config "$disk/containerd" "$port" runc
        peers+=("containerd,$disk/containerd/containerd.sock,$disk/containerd,0,containerd --config $disk/containerd/config.toml --log-level warn|ctr --address $disk/containerd/containerd.sock -n k8s.io images push --plain-http % @")
        ;;
    podman)
        command="env CONTAINERS_REGISTRIES_CONF=$home/registries.conf podman --root $disk/podman/root --runroot $disk/podman/run --tmpdir $disk/podman/tmp --events-backend file --storage-driver overlay"
        peers+=("podman|$command pull -q @|$command push -q @ docker://%|$command rmi @")
        ;;
    skopeo)
        command="skopeo --registries-conf $home/registries.conf --policy $home/policy.json"
        store="containers-storage:[$disk/skopeo/root+$disk/skopeo/run]@"
        peers+=("skopeo|$command copy -q docker://@ $store|$command copy -q $store docker://%|$command delete $store")
        ;;
    *) die "unknown peer '$peer': carafe, containerd, podman, skopeo" ;;
    esac
done

say "measuring on $(nproc) processors; leave the machine alone meanwhile"
java_bench io.carafe.bench.ImageBench "$top/bench/results" "${ROUNDS:-2}" "127.0.0.1:$port" "$disk/push" "$push_port" "${peers[@]}"
hand_back "$top/bench/results" "$build"
