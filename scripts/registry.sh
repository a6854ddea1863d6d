#!/usr/bin/env bash
# A docker-registry of one's own on loopback, and the test images in it.
#
#   registry.sh start DIR PORT       serves build/registry on 127.0.0.1:PORT; pid and log in DIR; returns when it answers
#   registry.sh stop DIR
#   registry.sh push PORT SET...     makes the sets of images/build.sh and pushes what is not there yet
#   registry.sh conf PORT            prints a registries.conf that sends the upstream hosts to it
#   registry.sh port                 prints a port that is free now
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

hosts="docker.io registry.k8s.io k8s.gcr.io gcr.io public.ecr.aws"
store=$build/registry

start() {
    local dir=$1 port=$2 tries
    mkdir -p "$dir" "$store"
    cat >"$dir/config.yml" <<END
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $store}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$port"}
END
    setsid docker-registry serve "$dir/config.yml" >"$dir/registry.log" 2>&1 </dev/null &
    echo $! >"$dir/registry.pid"
    for tries in $(seq 100); do
        ! curl -fsS -o /dev/null "http://127.0.0.1:$port/v2/" 2>/dev/null || return 0
        kill -0 "$(cat "$dir/registry.pid")" 2>/dev/null || break
        sleep 0.05
    done
    tail -5 "$dir/registry.log" >&2
    die "docker-registry does not answer on 127.0.0.1:$port after ${tries:-0} tries"
}

stop() {
    [ -e "$1/registry.pid" ] || return 0
    kill "$(cat "$1/registry.pid")" 2>/dev/null || true
    rm -f "$1/registry.pid"
}

# The registry has one name space: docker.io/a/b goes to a/b, and so do all the other hosts' repositories.
push() {
    local port=$1 set_name layout reference path done_file
    shift
    "$top/scripts/images/build.sh" "$@"
    for set_name; do
        done_file=$store/$set_name.pushed
        ! cmp -s "$build/images/$set_name.list" "$done_file" || ! cmp -s "$build/images/stamp" "$store/$set_name.stamp" || continue
        say "pushing the images: $set_name"
        while read -r layout reference; do
            path=${reference#*/}
            skopeo copy -q --insecure-policy --dest-tls-verify=false "oci:$build/images/layouts/$layout:latest" \
                "docker://127.0.0.1:$port/$path" </dev/null
        done <"$build/images/$set_name.list"
        cp "$build/images/$set_name.list" "$done_file"
        cp "$build/images/stamp" "$store/$set_name.stamp"
    done
}

conf() {
    local host
    for host in $hosts; do
        printf '[[registry]]\nprefix = "%s"\nlocation = "127.0.0.1:%s"\ninsecure = true\n\n' "$host" "$1"
    done
}

# The kernel picks it: what bind(2) gives for port 0.
port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport, "\n"'
}

command=${1-}
shift || true
case $command in
start | stop | push | conf | port) "$command" "$@" ;;
*) die "usage: registry.sh start DIR PORT | stop DIR | push PORT SET... | conf PORT | port" ;;
esac
