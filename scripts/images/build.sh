#!/usr/bin/env bash
# usage: scripts/images/build.sh SET...    (demo, critest, bench, bench-images, training)
#
# Makes test images from this host's own Debian packages, as OCI layouts under build/images/layouts, and lists under
# build/images/SET.list which repository and tag each goes to. Needs no network; what is there already is kept.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=scripts/images/layout.sh
. "$(dirname "$0")/layout.sh"

here=$top/scripts/images
work=$build/images
blobs=$work/blobs/sha256
layouts=$work/layouts
path_env='["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]'

# compile SOURCE OUTPUT: a static program.
compile() {
    local cc=gcc
    if command -v musl-gcc >/dev/null; then cc=musl-gcc; fi
    "$cc" -Os -static -s -Wall -Wextra -Werror -o "$2" "$1"
}

# What every test image stands on: Debian's static busybox under all of its names, and users.
base_root() {
    local root=$work/root/base dir
    [ ! -d "$root" ] || return 0
    mkdir -p "$root.new"
    for dir in bin sbin dev etc home proc root sys tmp usr/bin usr/sbin var/log var/run; do mkdir -p "$root.new/$dir"; done
    chmod 1777 "$root.new/tmp"
    install -m 0755 "$(command -v busybox)" "$root.new/bin/busybox"
    # hard links: a test that masks /bin/ls must not mask the shell
    for applet in $("$root.new/bin/busybox" --list); do
        [ "$applet" = busybox ] || ln "$root.new/bin/busybox" "$root.new/bin/$applet"
    done
    # busybox' shell runs its own ls without looking at /bin/ls, and it has no pgrep and no ipcs
    rm "$root.new/bin/sh" "$root.new/bin/ls"
    put "$root.new" /bin/dash /bin/sh
    # critest compares with "/bin/sh: ls: Permission denied", and dash would say "/bin/sh: 1: ls: …"
    perl -0777 -pi -e 's/%s: %d: \0/%s: \0\0\0\0\0/g' "$root.new/bin/sh"
    put "$root.new" /bin/ls /bin/ls
    put "$root.new" /usr/bin/pgrep /usr/bin/pgrep
    put "$root.new" /usr/bin/ipcs /usr/bin/ipcs
    write "$root.new" /etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
END
    write "$root.new" /etc/group <<'END'
root:x:0:
daemon:x:1:
www-data:x:33:
nogroup:x:65534:
END
    mv "$root.new" "$root"
}

# nginx_root NAME PORT: Debian's nginx with its libraries, a page and a configuration that logs to the container's log.
nginx_root() {
    local root=$work/root/$1 port=$2 library
    [ ! -d "$root" ] || return 0
    put "$root.new" /usr/sbin/nginx /usr/sbin/nginx
    for library in /lib/*-linux-gnu/libnss_files.so.2; do put "$root.new" "$library" "$library"; done
    mkdir -p "$root.new/var/lib/nginx" "$root.new/var/log/nginx"
    write "$root.new" /usr/share/nginx/html/index.html <<'END'
<!DOCTYPE html>
<html><head><title>Welcome to nginx!</title></head>
<body><h1>Welcome to nginx!</h1></body></html>
END
    write "$root.new" /etc/nginx/nginx.conf <<END
user www-data;
worker_processes 1;
pid /var/run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 256; }
http {
    types { text/html html; }
    access_log /dev/stdout;
    server { listen $port; listen [::]:$port; root /usr/share/nginx/html; }
}
END
    mv "$root.new" "$root"
}

nginx_config() { jq -cn --argjson env "$path_env" --arg port "$1/tcp" '{Env: $env, Cmd: ["nginx", "-g", "daemon off;"], ExposedPorts: {($port): {}}, StopSignal: "SIGQUIT"}'; }
shell_config() { jq -cn --argjson env "$path_env" --arg user "${1-}" '{Env: $env, Cmd: ["sh"]} + (if $user == "" then {} else {User: $user} end)'; }

# to LAYOUT REFERENCE...: lists where a layout is pushed; a reference has the upstream host as its first word.
to() {
    local layout=$1 reference
    shift
    for reference; do printf '%s %s\n' "$layout" "$reference"; done
}

make_demo() {
    base_root
    nginx_root nginx-80 80
    local words=$work/root/demo-web
    if [ ! -d "$words" ]; then
        write "$words" /usr/share/nginx/html/index.html <<'END'
<!DOCTYPE html>
<title>Carafe</title>
<h1>Hello from a pod that Carafe runs</h1>
END
    fi
    image demo-shell "$(shell_config)" "$work/root/base"
    image demo-web "$(nginx_config 80)" "$work/root/base" "$work/root/nginx-80" "$words"
    to demo-shell docker.io/carafe/demo-shell:1
    to demo-web docker.io/carafe/demo-web:1
}

pause_image() {
    if [ ! -d "$work/root/pause" ]; then
        mkdir -p "$work/root/pause.new"
        compile "$here/src/pause.c" "$work/root/pause.new/pause"
        mv "$work/root/pause.new" "$work/root/pause"
    fi
    image "pause-$1" "$(jq -cn --argjson env "$path_env" --arg v "$1" '{Env: $env, Entrypoint: ["/pause"], User: "65535:65535", Labels: {version: $v}}')" "$work/root/pause"
}

# tagged NAME: the base with one file that differs, so that each is an image of its own.
tagged() {
    local root=$work/root/tag-$1
    [ -d "$root" ] || write "$root" /etc/test-image <<<"$1"
    image "$1" "$(shell_config "${2-}")" "$work/root/base" "$root"
}

make_critest() {
    base_root
    local e2e=registry.k8s.io/e2e-test-images kit=gcr.io/k8s-staging-cri-tools n root
    image busybox "$(shell_config)" "$work/root/base"
    to busybox $e2e/busybox:1.29-2
    for n in 1.35.0-glibc 1-uclibc 1 1-glibc 1-musl; do
        tagged "benchmark-$n"
        to "benchmark-$n" public.ecr.aws/docker/library/busybox:$n
    done
    nginx_root nginx-80 80
    image nginx "$(nginx_config 80)" "$work/root/base" "$work/root/nginx-80"
    to nginx $e2e/nginx:1.14-2
    nginx_root nginx-12003 12003
    image hostnet-nginx "$(nginx_config 12003)" "$work/root/base" "$work/root/nginx-12003"
    to hostnet-nginx $kit/hostnet-nginx-amd64:latest
    # busybox has a web server, whose verbose log says "httpd" once told to
    root=$work/root/httpd
    [ -d "$root" ] || write "$root" /var/www/index.html <<<'<h1>It works!</h1>'
    image httpd "$(jq -cn --argjson env "$path_env" '{Env: $env, Cmd: ["sh", "-c", "echo httpd: listening on 80; exec httpd -f -vv -p 80 -h /var/www"], ExposedPorts: {"80/tcp": {}}}')" "$work/root/base" "$root"
    to httpd $e2e/httpd:2.4.39-4
    root=$work/root/nonewprivs
    if [ ! -d "$root" ]; then
        mkdir -p "$root.new"
        compile "$here/src/nonewprivs.c" "$root.new/nnp"
        chmod 04755 "$root.new/nnp"
        mv "$root.new" "$root"
    fi
    image nonewprivs "$(jq -cn --argjson env "$path_env" '{Env: $env, Cmd: ["/nnp"]}')" "$work/root/base" "$root"
    to nonewprivs $e2e/nonewprivs:1.3
    for n in 1 2 3; do
        tagged "test-image-$n"
        to "test-image-$n" $kit/test-image-$n:latest
    done
    tagged test-image-tags
    to test-image-tags $kit/test-image-tags:{1,2,3}
    for n in test all; do
        tagged "test-image-tag-$n"
        to "test-image-tag-$n" $kit/test-image-tag:$n
    done
    tagged test-image-latest
    to test-image-latest $kit/test-image-latest:latest
    tagged test-image-digest
    to test-image-digest $kit/test-image-digest:latest
    tagged user-uid 1002
    tagged user-username www-data
    tagged user-uid-group 1003:33
    tagged user-username-group www-data:www-data
    for n in uid username uid-group username-group; do to "user-$n" $kit/test-image-user-$n:latest; done
    root=$work/root/predefined-group
    if [ ! -d "$root" ]; then
        { cat "$work/root/base/etc/passwd"; echo default-user:x:1000:1000::/home:/bin/sh; } | write "$root.new" /etc/passwd
        { cat "$work/root/base/etc/group"; echo default-user:x:1000:; echo group-defined-in-image:x:50000:default-user; } | write "$root.new" /etc/group
        mv "$root.new" "$root"
    fi
    image predefined-group "$(shell_config 1000)" "$work/root/base" "$root"
    to predefined-group $kit/test-image-predefined-group:latest
    for n in 3.9 3.10; do pause_image $n; done
    to pause-3.9 registry.k8s.io/pause:3.9 k8s.gcr.io/pause:3.9
    to pause-3.10 registry.k8s.io/pause:3.10
}

# files ROOT COUNT BYTES DIRS SEED: COUNT files of about BYTES each, words that compress about as program files do.
files() {
    [ -d "$1" ] && return 0
    perl -e '
        my ($root, $count, $bytes, $dirs, $seed) = @ARGV;
        srand($seed);
        my @words = map { join "", map { chr(97 + int rand 26) } 1 .. 3 + int rand 7 } 1 .. 4000;
        my $pool = "";
        $pool .= $words[rand @words] . (rand() < 0.1 ? pack("N", int rand 4294967295) : " ") while length $pool < 8 << 20;
        system "mkdir", "-p", $root;
        mkdir sprintf "%s/d%04d", $root, $_ for 0 .. $dirs - 1;
        for my $n (0 .. $count - 1) {
            my $left = int($bytes * (0.5 + rand));
            open my $out, ">", sprintf("%s/d%04d/f%06d", $root, $n % $dirs, $n) or die $!;
            while ($left > 0) {
                my $piece = $left < 1 << 20 ? $left : 1 << 20;
                print $out substr $pool, int rand(length($pool) - $piece), $piece;
                $left -= $piece;
            }
            close $out;
        }' "$1.new" "$2" "$3" "$4" "$5"
    mkdir -p "$1"
    mv "$1.new" "$1/srv"
}

# What the JVM is trained with at install time: one layer of a few hundred names.
make_training() {
    base_root
    image training "$(shell_config)" "$work/root/base"
    to training docker.io/carafe/training:1
}

make_bench() {
    base_root
    local n
    image bench-shell "$(shell_config)" "$work/root/base"
    to bench-shell registry.k8s.io/bench/shell:1
    pause_image 3.6
    to pause-3.6 registry.k8s.io/pause:3.6
    for n in 1 2 3 4 5; do files "$work/root/small-$n" 8000 12500 160 "$n"; done
    image bench-small-files "$(shell_config)" "$work/root/base" "$work"/root/small-{1,2,3,4,5}
    to bench-small-files registry.k8s.io/bench/small-files:1
    files "$work/root/large" 50 10000000 5 6
    image bench-large-layer "$(shell_config)" "$work/root/large"
    to bench-large-layer registry.k8s.io/bench/large-layer:1
}

# host_files ROOT MIB SKIP [LARGEST] [COUNT]: files of this host's /usr, MIB of them or COUNT, in an order that has nothing to do with their
# paths, after the first SKIP of that order: they compress, and are as large, as those of images are. Where the host
# has not enough, the same ones come again under another directory.
host_files() {
    [ -d "$1" ] && return 0
    mkdir -p "$1.new"
    perl -MDigest::MD5=md5 -MFile::Find -MFile::Copy -MFile::Path=make_path -e '
        my ($root, $mib, $skip, $largest, $count) = @ARGV;
        my @files;
        find({no_chdir => 1, wanted => sub { push @files, $_ if -f && !-l && -s _ && -s _ <= $largest }}, "/usr/bin", "/usr/lib", "/usr/share");
        my %key = map { $_ => md5($_) } @files;
        @files = sort { $key{$a} cmp $key{$b} } @files;
        my $left = $mib << 20;
        for (my $n = $skip; $left > 0 && $count-- > 0; $n++) {
            my $from = $files[$n % @files];
            my $to = sprintf "%s/srv/%d%s", $root, $n / @files, $from;
            make_path($to =~ s{/[^/]*$}{}r);
            copy($from, $to) or next;
            $left -= -s $to;
        }' "$1.new" "$2" "$3" "${4:-33554432}" "${5:-1000000000}"
    mv "$1.new" "$1"
}

# What bench-images.sh pulls: one layer of 1,340 MiB of files, the same with zstd, ten of 157 MiB, an image that differs from
# these in its last layer, and 30,000 small files; and one of which others are made that differ in their configuration.
make_bench-images() {
    base_root
    local n one=$work/root/one-${ONE_MIB:-1340} small=$work/root/small-${SMALL_FILES:-30000}
    local -a ten=()
    host_files "$one" "${ONE_MIB:-1340}" 0
    image images-gzip "$(shell_config)" "$one"
    to images-gzip registry.k8s.io/images/gzip:1
    PACKER=zstd image images-zstd "$(shell_config)" "$one"
    to images-zstd registry.k8s.io/images/zstd:1
    for n in 1 2 3 4 5 6 7 8 9 10 11; do
        ten+=("$work/root/ten-${TEN_MIB:-157}-$n")
        host_files "${ten[-1]}" "${TEN_MIB:-157}" $((n * 5000))
    done
    image images-ten "$(shell_config)" "${ten[@]:0:10}"
    to images-ten registry.k8s.io/images/ten:1
    image images-next "$(shell_config)" "${ten[@]:0:9}" "${ten[10]}"
    to images-next registry.k8s.io/images/ten:2
    host_files "$small" 1000000 0 16384 "${SMALL_FILES:-30000}"
    image images-small "$(shell_config)" "$small"
    to images-small registry.k8s.io/images/small:1
    image images-many "$(shell_config)" "$work/root/base"
    to images-many registry.k8s.io/images/many:0
}

[ $# -gt 0 ] || die "usage: build.sh demo|critest|bench..."
umask 022
mkdir -p "$work" "$blobs" "$layouts"
# another Debian release, or other rules: start again
stamp=$(cat "$here"/*.sh "$here"/src/* /bin/busybox /usr/sbin/nginx /bin/dash /bin/ls | sha256sum | cut -d' ' -f1)
if [ "$(cat "$work/stamp" 2>/dev/null)" != "$stamp" ]; then
    rm -rf "$work"
    mkdir -p "$work" "$blobs" "$layouts"
    printf '%s\n' "$stamp" >"$work/stamp"
fi
for set_name; do
    [ -e "$work/$set_name.list" ] && continue
    say "making the images: $set_name"
    "make_$set_name" >"$work/$set_name.list.new"
    mv "$work/$set_name.list.new" "$work/$set_name.list"
done
