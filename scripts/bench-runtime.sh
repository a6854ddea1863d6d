#!/usr/bin/env bash
# Measures carafe-oci beside the host's runc and crun, and beside a C program that makes the same system calls and nothing else
# (bench/src/main/c/floor.c), in one run with interleaved rounds. Results: bench/results/runtime.json and runtime.md.
# ROUNDS is how often each command is run (30); OCI_RUNTIME names a carafe-oci that is to be measured instead of the build's.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

need_root bench-runtime

# crun before 1.9 refuses hosts with cgroup v1 and v2: all are measured where v2 is not mounted, and filters are kept apart
if [ -z "${BENCH_APART-}" ]; then
    "$top/scripts/deps.sh" bench
    command -v crun >/dev/null || die "there is no crun: apt-get install crun"
    mkdir -p /run/carafe-oci.filters
    chmod 700 /run/carafe-oci.filters
    BENCH_APART=yes exec unshare --mount --propagation private "$0"
fi
mount -t tmpfs -o mode=700 filters /run/carafe-oci.filters
! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified

home=$(mktemp -d /var/tmp/carafe-bench.XXXXXX)
name=carafe-bench-$$
trap leave EXIT
trap 'exit 130' INT TERM HUP
leave() {
    local status=$? peer
    trap - EXIT
    for peer in runc crun carafe; do
        for state in "$home/state-$peer"/*/; do [ ! -d "$state" ] || call $peer delete --force "$(basename "$state")" >/dev/null 2>&1 || true; done
    done
    umount -l "$home"/ns/* "$home/ns" 2>/dev/null || true
    find /sys/fs/cgroup -depth -type d -path "*/$name*" -exec rmdir {} + 2>/dev/null || true
    rm -rf "$home"
    exit "$status"
}

if [ -n "${OCI_RUNTIME-}" ]; then
    carafe=$OCI_RUNTIME
else
    "$top/scripts/install.sh" "" "$home/install"
    carafe=$home/install/bin/carafe-oci
fi
compiler=$(dirname "$(readlink -f "$carafe")")/carafe-oci-compile
cc -O2 -o "$home/stopwatch" "$top/bench/src/main/c/stopwatch.c"
cc -O2 -static -o "$home/floor" "$top/bench/src/main/c/floor.c"

call() { # PEER ARGUMENT...
    local peer=$1
    shift
    case $peer in
    runc | crun) "$peer" --root "$home/state-$peer" "$@" ;;
    *) "$carafe" --root "$home/state-carafe" "$@" ;;
    esac
}

# What the two configurations need: a root file system, files and directories to bind, namespaces of a pod.
mkdir -p "$home"/rootfs/{bin,proc,dev,sys,etc,tmp,var} "$home"/share/{a,b} "$home/ns"
cp "$(command -v busybox)" "$home/rootfs/bin/busybox"
for program in true sleep; do ln -s busybox "$home/rootfs/bin/$program"; done
for file in resolv.conf hostname hosts; do echo "$file" >"$home/share/$file"; done
mount --bind "$home/ns" "$home/ns"
mount --make-private "$home/ns"
for kind in net ipc uts; do : >"$home/ns/$kind"; done
unshare --net="$home/ns/net" --ipc="$home/ns/ipc" --uts="$home/ns/uts" true

configs=$top/runtime/src/test/resources/io/carafe/runtime/plan/config
jq -n --arg home "$home" --arg name "/$name" '{ociVersion: "1.0.2", root: {path: ($home + "/rootfs")},
    process: {user: {uid: 0, gid: 0}, args: ["/bin/true"], env: ["PATH=/bin"], cwd: "/"},
    mounts: [{destination: "/proc", type: "proc", source: "proc"}],
    linux: {cgroupsPath: $name, namespaces: [{type: "pid"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}]}}' >"$home/bare.json"
# 15 mounts, the profile that Podman has for seccomp, limits; what a host without CAP_SYS_RESOURCE refuses is left out
jq --arg home "$home" --arg name "/$name" --slurpfile podman "$configs/podman-limits.json" '
    def bound(path; source; options): {destination: path, type: "bind", source: ($home + "/share/" + source), options: (["rbind", "rprivate"] + options)};
    .root = {path: ($home + "/rootfs")} | .process.args = ["/bin/true"] | .process.cwd = "/" | .process.oomScoreAdj = 937
    | .process.rlimits = [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}] | del(.hooks, .annotations, .linux.sysctl)
    | del(.linux.resources.unified, .linux.resources.hugepageLimits, .linux.resources.cpu.cpus, .linux.resources.cpu.mems)
    | .linux.resources.pids.limit = 1000 | .linux.cgroupsPath = $name | .linux.seccomp = $podman[0].linux.seccomp
    | .linux.namespaces = [{type: "mount"}, {type: "pid"}, {type: "cgroup"}] + [("network", "ipc", "uts") | {type: ., path: ($home + "/ns/" + (if . == "network" then "net" else . end))}]
    | .mounts |= map(select(.type != "bind"))
    | .mounts += [bound("/dev/shm"; "a"; ["nosuid", "noexec", "nodev"]), bound("/etc/resolv.conf"; "resolv.conf"; ["ro"]),
        bound("/etc/hostname"; "hostname"; ["ro"]), bound("/etc/hosts"; "hosts"; []), bound("/data"; "a"; ["noexec"]), bound("/var/deep"; "a"; ["ro"]),
        bound("/var/secret"; "b"; ["ro"]), bound("/var/token"; "b"; ["ro"]), bound("/var/config"; "b"; ["ro"])]' \
    "$configs/carafe-kubernetes-like.json" >"$home/kubernetes.json"

bundle() { # DIR CONFIG ARGS-JSON PLAN?: with a plan for container "one" if wanted
    mkdir -p "$1"
    jq --argjson args "$3" '.process.args = $args' "$2" >"$1/config.json"
    [ "$4" = no ] || "$compiler" create --bundle "$1" --id one >"$1/plan"
}
for kind in bare kubernetes; do
    for plan in no yes; do
        bundle "$home/$kind-$plan" "$home/$kind.json" '["/bin/true"]' $plan
        bundle "$home/$kind-$plan-sleep" "$home/$kind.json" '["/bin/sleep", "1000"]' $plan
    done
done
"$compiler" create --bundle "$home/kubernetes-no" --id any >/dev/null # its filter, if there was none yet
filter=$(find /run/carafe-oci.filters -type f | head -1)
tail -c +33 "$filter" >"$home/filter"

samples=$home/samples
timed() { # PEER ROW COMMAND...
    local peer=$1 row=$2
    shift 2
    printf '%s\t%s\t' "$row" "$peer" >>"$samples"
    "$home/stopwatch" "$@" 3>>"$samples" >"$home/out" 2>&1 </dev/null || die "$peer: $row: $(tail -1 "$home/out")"
}

program_of() { # PEER: the words before a command
    case $1 in runc | crun) echo "$1 --root $home/state-$1" ;; *) echo "$carafe --root $home/state-carafe" ;; esac
}

one_round() { # KIND
    local kind=$1 peer words plan
    for peer in "carafe, plan" "carafe, JVM" crun runc; do
        case $peer in "carafe, plan") plan=yes ;; *) plan=no ;; esac
        words=$(program_of "$peer")
        # shellcheck disable=SC2086 # words
        {
            timed "$peer" "$kind: run /bin/true" $words run --bundle "$home/$kind-$plan" one
            timed "$peer" "$kind: create" $words create --bundle "$home/$kind-$plan-sleep" one
            timed "$peer" "$kind: start" $words start one
            if [ $plan = yes ]; then
                "$compiler" exec --bundle "$home/$kind-$plan-sleep" --state-dir "$home/state-carafe/one" --pid 1 -- one /bin/true >"$home/exec-plan"
                timed "$peer" "$kind: exec /bin/true" $words exec --plan "$home/exec-plan" one /bin/true
                timed floor "$kind: exec /bin/true" "$home/floor" exec "$home" "$(call "$peer" state one | jq .pid)" /bin/true
            else
                timed "$peer" "$kind: exec /bin/true" $words exec one /bin/true
            fi
            timed "$peer" "$kind: delete --force" $words delete --force one
        }
    done
    timed floor "$kind: run /bin/true" "$home/floor" run "$kind" "$home" /bin/true "$home/filter"
}

say "measuring on $(nproc) processors; leave the machine alone meanwhile"
for kind in bare kubernetes; do one_round $kind; done
: >"$samples" # the first ones read the disk
for _ in $(seq "${ROUNDS:-30}"); do
    for kind in bare kubernetes; do one_round $kind; done
done

say "100 containers, eight at a time"
for peer in "carafe, plan" "carafe, JVM" crun runc; do
    for n in $(seq 100); do
        jq --arg name "/$name-many/$n" '.linux.cgroupsPath = $name | .mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"]}]' "$home/bare.json" >"$home/config"
        mkdir -p "$home/many/$n"
        mv "$home/config" "$home/many/$n/config.json"
        rm -f "$home/many/$n/plan"
        [ "$peer" != "carafe, plan" ] || "$compiler" create --bundle "$home/many/$n" --id "m$n" >"$home/many/$n/plan"
    done
    # shellcheck disable=SC2016 # the inner shell's
    timed "$peer" "bare: 100 run /bin/true, 8 at a time" sh -c 'seq 100 | xargs -P 8 -I @ '"$(program_of "$peer")"' run --bundle '"$home"'/many/@ m@'
done

say "memory"
for peer in "carafe, plan" crun runc; do
    case $peer in "carafe, plan") plan=yes ;; *) plan=no ;; esac
    call "$peer" create --bundle "$home/kubernetes-$plan-sleep" one >/dev/null 2>&1 </dev/null
    printf '%s\t%s\t%s\n' "kubernetes: peak memory charged by create, KiB" "$peer" "$(($(cat "/sys/fs/cgroup/memory/$name/memory.max_usage_in_bytes") / 1024))" >>"$samples"
    call "$peer" delete --force one
    for limit in 256 384 512 768 1024 1536 2048 3072 4096 6144 8192 16384 32768; do
        jq --argjson limit $((limit * 1024)) '.linux.resources.memory = {limit: $limit} | .process.args = ["/bin/true"]' "$home/bare.json" >"$home/limited.json"
        bundle "$home/limited" "$home/limited.json" '["/bin/true"]' $plan
        if call "$peer" run --bundle "$home/limited" one >/dev/null 2>&1 </dev/null; then
            printf '%s\t%s\t%s\n' "bare: smallest memory limit that runs /bin/true, KiB" "$peer" $limit >>"$samples"
            break
        fi
        call "$peer" delete --force one >/dev/null 2>&1 || true
        rm -f "$home/limited/plan"
    done
done

out=$top/bench/results
mkdir -p "$out"
facts="$(runc --version | head -1), $(crun --version | head -1), carafe-oci of $(git -C "$top" rev-parse --short HEAD), kernel $(uname -r), $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg), $(date -u +%FT%RZ)"
jq -Rn --arg facts "$facts" '[inputs | split("\t") | {row: .[0], peer: .[1], value: (.[2] | tonumber)}]
    | {facts: $facts, unit: "microseconds where the row names no other",
       rows: (group_by(.row) | map({row: .[0].row, peers: (group_by(.peer) | map({key: .[0].peer, value: map(.value)}) | from_entries)}))}' \
    "$samples" >"$out/runtime.json"
jq -r 'def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
    def shown: if . == null then "–" elif . >= 100 then (. | round | tostring) else (. * 10 | round / 10 | tostring) end;
    def ratio(a; b): if a == null or b == null then "–" else (a / b * 100 | round / 100 | tostring) end;
    .facts, "", "Medians, in milliseconds where the row names no other unit.", "",
    "| what | n | carafe, plan | carafe, JVM | crun | runc | floor | plan / crun | plan / floor | JVM / runc |", "|---|---|---|---|---|---|---|---|---|---|",
    (.rows[] | (.row | test("KiB")) as $memory | (.peers | map_values(median | if $memory then . else . / 1000 end)) as $m
     | "| \(.row) | \(.peers | map(length) | max) | \($m["carafe, plan"] | shown) | \($m["carafe, JVM"] | shown) | \($m.crun | shown) | \($m.runc | shown) | \($m.floor | shown) | \(ratio($m["carafe, plan"]; $m.crun)) | \(ratio($m["carafe, plan"]; $m.floor)) | \(ratio($m["carafe, JVM"]; $m.runc)) |")' \
    "$out/runtime.json" >"$out/runtime.md"
cat "$out/runtime.md"
hand_back "$out" "$build"
