#!/usr/bin/env bash
# Debian's podman and containerd, and Docker where it is installed, run, exec into, stop and remove containers through carafe-oci
# (or the program OCI_RUNTIME), on roots of their own, and leave no process, mount or cgroup.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

need_root test
"$top/scripts/deps.sh" bench
dir=$(mktemp -d /var/tmp/carafe-oci-callers.XXXXXX)
containerd=""
dockerd=""
trap leave EXIT
leave() {
    local status=$?
    trap - EXIT
    [ -z "$dockerd" ] || { kill "$dockerd" && wait "$dockerd"; } 2>/dev/null || true
    [ -z "$containerd" ] || { kill "$containerd" && wait "$containerd"; } 2>/dev/null || true
    # what a failed test left: its processes name the directory, its mounts are below it
    local state
    for state in "$dir"/shim/*/*; do
        [ ! -d "$state" ] || "$runtime" --root "$(dirname "$state")" delete --force "$(basename "$state")" || true
    done
    awk -v dir="$dir/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | tac | while read -r mount; do umount -l "$mount"; done
    find /sys/fs/cgroup -depth -type d -path "*$(basename "$dir")*" -exec rmdir {} \; 2>/dev/null || true
    [ "$status" = 0 ] || tail -20 "$dir/containerd.log" 2>/dev/null || true
    rm -rf "$dir"
    exit "$status"
}

if [ -n "${OCI_RUNTIME-}" ]; then
    runtime=$(command -v "$OCI_RUNTIME")
else
    "$top/scripts/install.sh" "" "$dir/install"
    runtime=$dir/install/bin/carafe-oci
fi
# podman has no flag for the runtime's root that its clean-up would use too
printf '#!/bin/sh\nexec %s --root=%s "$@"\n' "$runtime" "$dir/shim/podman" >"$dir/oci"
chmod +x "$dir/oci"
passed=0
same() { # NAME GOT EXPECTED
    [ "$2" = "$3" ] || { echo "failed: $1: expected '$3', got '$2'"; exit 1; }
    passed=$((passed + 1))
}
has() { # NAME GOT EXPECTED
    case $2 in *"$3"*) passed=$((passed + 1)) ;; *) echo "failed: $1: expected '$3' in '$2'"; exit 1 ;; esac
}

rootfs=$dir/rootfs
mkdir -p "$rootfs"/{bin,dev,etc,proc,sys,tmp,run}
cp "$(command -v busybox)" "$rootfs/bin/"
for name in sh sleep cat echo true ls id ps hostname; do ln -s busybox "$rootfs/bin/$name"; done
echo root:x:0:0:root:/:/bin/sh >"$rootfs/etc/passwd"
echo root:x:0: >"$rootfs/etc/group"

# podman, with a network namespace and nothing in it; its defaults ask for rlimits that a container host may not give
podman() {
    command podman --root "$dir/podman/root" --runroot "$dir/podman/run" --tmpdir "$dir/podman/tmp" --runtime "$dir/oci" \
        --cgroup-manager cgroupfs --events-backend file --storage-driver vfs "$@" </dev/null
}
options=(--network none --cgroup-parent "/$(basename "$dir")" --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --rootfs)
mkdir -p "$dir/podman"
same "podman run" "$(podman run --rm "${options[@]}" "$rootfs" echo hello)" hello
code=0
podman run --rm "${options[@]}" "$rootfs" sh -c 'exit 7' || code=$?
same "podman run's exit code" $code 7
code=0
said=$(podman run --rm "${options[@]}" "$rootfs" /bin/nothing 2>&1) || code=$?
same "a program that is not there" $code 127
has "a program that is not there" "$said" "no such file or directory"
code=0
podman run --rm "${options[@]}" "$rootfs" /etc/passwd >/dev/null 2>&1 || code=$?
same "a program that is no program" $code 126
podman run -d --name one --memory 64m --pids-limit 50 "${options[@]}" "$rootfs" sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done' >/dev/null
same "podman run -d" "$(podman inspect --format '{{.State.Status}}' one)" running
same "podman exec" "$(podman exec one echo inside)" inside
code=0
podman exec one sh -c 'exit 9' || code=$?
same "podman exec's exit code" $code 9
code=0
podman exec one nothing 2>/dev/null || code=$?
same "podman exec of nothing" $code 127
same "podman exec -t" "$(podman exec -t one sh -c '[ -t 1 ] && echo terminal' | tr -d '\r')" terminal
same "podman exec as somebody" "$(podman exec --user 5:6 one id -u)" 5
has "podman top" "$(podman top one -ef)" sleep
podman pause one >/dev/null
same "podman pause" "$(podman inspect --format '{{.State.Status}}' one)" paused
podman unpause one >/dev/null
same "podman unpause" "$(podman inspect --format '{{.State.Status}}' one)" running
podman stop -t 5 one >/dev/null
same "podman stop" "$(podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' one)" "exited 3"
podman start one >/dev/null
podman kill one >/dev/null
podman wait one >/dev/null
podman rm -f one >/dev/null
same "podman rm" "$(podman ps -aq)" ""
same "podman run -t" "$(podman run --rm -t "${options[@]}" "$rootfs" sh -c '[ -t 0 ] && echo terminal' | tr -d '\r')" terminal

# containerd, through its shim; it wants no image for a root file system that is there
cat >"$dir/containerd.toml" <<END
version = 2
root = "$dir/containerd/root"
state = "$dir/containerd/run"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
address = "$dir/containerd.sock"
[ttrpc]
address = "$dir/containerd.ttrpc"
END
containerd --config "$dir/containerd.toml" --log-level warn >"$dir/containerd.log" 2>&1 &
containerd=$!
ctr() { command timeout 60 ctr --address "$dir/containerd.sock" --namespace ns "$@"; }
for _ in $(seq 100); do
    ! ctr version >/dev/null 2>&1 || break
    kill -0 $containerd
    sleep 0.1
done
run=(run --runc-binary "$runtime" --runc-root "$dir/shim" --cgroup "/$(basename "$dir")/ctr" --rootfs)
same "ctr run" "$(ctr "${run[@]}" --rm "$rootfs" one /bin/echo hello)" hello
code=0
ctr "${run[@]}" --rm "$rootfs" one /bin/sh -c 'exit 7' || code=$?
same "ctr run's exit code" $code 7
has "ctr run of nothing" "$(ctr "${run[@]}" --rm "$rootfs" one /bin/nothing 2>&1 || true)" 'exec: "/bin/nothing"'
ctr containers rm one 2>/dev/null || true
ctr "${run[@]}" --detach "$rootfs" one /bin/sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'
has "ctr tasks ls" "$(ctr tasks ls)" RUNNING
same "ctr exec" "$(ctr tasks exec --exec-id e1 one /bin/echo inside)" inside
code=0
ctr tasks exec --exec-id e2 one /bin/sh -c 'exit 9' || code=$?
same "ctr exec's exit code" $code 9
has "ctr tasks ps" "$(ctr tasks ps one)" "$(ctr tasks ls | awk '/^one/ { print $2 }')"
has "ctr tasks metrics" "$(ctr tasks metrics one)" pids
ctr tasks pause one
has "ctr tasks pause" "$(ctr tasks ls)" PAUSED
ctr tasks resume one
has "ctr tasks resume" "$(ctr tasks ls)" RUNNING
ctr tasks kill --signal SIGTERM one
code=0
timeout 20 bash -c "until ctr --address $dir/containerd.sock --namespace ns tasks ls | grep -q STOPPED; do sleep 0.1; done" || code=$?
same "ctr tasks kill" $code 0
ctr tasks rm one >/dev/null 2>&1 || true
ctr containers rm one
same "ctr containers rm" "$(ctr containers ls -q)" ""

# Docker, where it is installed; without network, which is none of the runtime's business
docker() { command docker --host "unix://$dir/docker.sock" "$@" </dev/null; }
if command -v dockerd >/dev/null; then
    mkdir -p "$dir/docker"
    echo '{}' >"$dir/docker/daemon.json"
    dockerd --config-file "$dir/docker/daemon.json" --data-root "$dir/docker/data" --exec-root "$dir/docker/run" --pidfile "$dir/docker/pid" \
        --host "unix://$dir/docker.sock" --containerd "$dir/containerd.sock" --iptables=false --ip6tables=false --bridge=none \
        --storage-driver vfs --cgroup-parent "/$(basename "$dir")" --add-runtime "carafe=$runtime" --default-runtime carafe >"$dir/dockerd.log" 2>&1 &
    dockerd=$!
    for _ in $(seq 100); do
        ! docker version >/dev/null 2>&1 || break
        kill -0 $dockerd
        sleep 0.1
    done
    tar -C "$rootfs" -c . | command docker --host "unix://$dir/docker.sock" import - test >/dev/null
    run=(run --network none --ulimit nofile=1024:1024)
    same "docker run" "$(docker "${run[@]}" --rm test echo hello)" hello
    code=0
    docker "${run[@]}" --rm test sh -c 'exit 7' || code=$?
    same "docker run's exit code" $code 7
    for program in /bin/nothing:127 /etc/passwd:126; do
        code=0
        docker "${run[@]}" --rm test ${program%:*} 2>/dev/null || code=$?
        same "docker run ${program%:*}" $code ${program#*:}
    done
    docker "${run[@]}" -d --name one --memory 64m test sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done' >/dev/null
    same "docker exec" "$(docker exec one echo inside)" inside
    code=0
    docker exec one sh -c 'exit 9' || code=$?
    same "docker exec's exit code" $code 9
    has "docker top" "$(docker top one)" trap
    docker pause one >/dev/null
    same "docker pause" "$(docker inspect --format '{{.State.Status}}' one)" paused
    docker unpause one >/dev/null
    docker update --memory 128m --memory-swap 256m one >/dev/null
    docker stop --time 5 one >/dev/null
    same "docker stop" "$(docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' one)" "exited 3"
    docker rm -f one >/dev/null
    kill $dockerd
    wait $dockerd || true
    dockerd=""
fi

same "state that is left" "$(find "$dir/shim" -mindepth 2 -not -path "*.failures/*" 2>/dev/null)" "" # but for what "carafe oci explain" tells of
same "cgroups that are left" "$(find /sys/fs/cgroup -path "*$(basename "$dir")*/*" -type d | grep -v "/conmon$" || true)" ""
echo "$passed passed, 0 failed"
