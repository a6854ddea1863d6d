#!/usr/bin/env bash
# usage: scripts/vm/project.sh
#
# Makes the two disks that the test machine reads, in build/vm: jdk.img, and project.img with the modules, their tests, the
# libraries of both, the launcher and guest.sh. No network is needed inside. VM_TESTS=REGEX takes only classes it matches.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

find_jdk
"$top/scripts/build.sh"
vm=$build/vm
mkdir -p "$vm"
work=$(mktemp -d "$vm/project.XXXXXX")
trap 'rm -rf "$work"' EXIT

# image NAME: NAME.img of the directory NAME, with a little room for the file system itself.
image() {
    local size
    size=$(du -sm --apparent-size "$work/$1" | cut -f1)
    rm -f "$vm/$1.img"
    mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$work/$1" "$vm/$1.img" $((size * 11 / 10 + 16))M
}

if [ "$(cat "$vm/.jdk" 2>/dev/null)" != "$JAVA_HOME" ]; then
    mkdir "$work/jdk"
    tar -C "$JAVA_HOME" -h --exclude=./jmods --exclude=./lib/src.zip --exclude=./lib/ct.sym --exclude=./man -cf - . |
        tar -C "$work/jdk" -xf -
    image jdk
    echo "$JAVA_HOME" >"$vm/.jdk"
fi

mkdir -p "$work/project/lib" "$work/project/tests"
tr ':' '\n' <"$top/daemon/target/test-class-path" | xargs cp -t "$work/project/lib"
for module in linux runtime engine daemon; do cp -r "$top/$module/target/test-classes" "$work/project/tests/$module"; done
rm -rf "$work/project/lib/daemon"*.jar
cp -r "$top/daemon/target/classes" "$work/project/tests/daemon-classes"
printf '%s\n' "${VM_TESTS-.*}" >"$work/project/classes"
cp "$top/launcher/target/carafe-launcher" "$top/scripts/vm/guest.sh" "$work/project/"
image project
