#!/usr/bin/env bash
# usage: scripts/layout.sh DIR
#
# Builds, and makes in DIR the tree that install and dist put elsewhere: bin, lib/carafe, libexec/carafe, completions.
# The AOT caches in it hold for the jars with their times: copy with cp -p or tar.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# = 1 ] || die "usage: layout.sh DIR"
"$top/scripts/build.sh"
find_jdk
out=$(realpath -m "$1")
lib=$out/lib/carafe
made=$top/dist/target

# what is there is still right: nothing it is made of is newer
newest=$(find "$made/carafed.jar" "$top/cli/target/carafe.jar" "$top/runtime/target/carafe-oci.jar" "$top/dist/src/main/sh" "$top/dist/src/main/systemd" "$top/scripts/layout.sh" "$top/scripts/aot.sh" "$top/launcher/target/carafe-launcher" \
    -type f -newer "$out/.made" 2>/dev/null | head -1)
if [ -e "$out/.made" ] && [ -z "$newest" ] && [ "$(cat "$out/.made")" = "$JAVA_HOME" ]; then exit 0; fi

rm -rf "$out"
mkdir -p "$out/bin" "$lib/native" "$out/libexec/carafe" "$out/share/bash-completion/completions" "$out/share/doc/carafe" "$out/lib/systemd/system"
cp -p "$made/carafed.jar" "$top/cli/target/carafe.jar" "$top/runtime/target/carafe-oci.jar" "$lib/"
sed -e "s|@JDK@|$JAVA_HOME|g" "$made/../src/main/sh/java.sh" >"$lib/java.sh"
for program in carafed carafe; do install -m 0755 "$made/../src/main/sh/$program" "$out/bin/$program"; done
install -m 0755 "$top/launcher/target/carafe-launcher" "$out/libexec/carafe/carafe-launcher"
for program in carafe-oci-compile carafe-oci-java carafe-sign; do install -m 0755 "$made/../src/main/sh/$program" "$out/libexec/carafe/$program"; done
ln -s ../libexec/carafe/carafe-launcher "$out/bin/carafe-oci"
install -m 0644 "$top/dist/src/main/systemd/carafed.service" "$out/lib/systemd/system/"
cp "$top/LICENSE" "$top/README.md" "$top/CHANGELOG.md" "$out/share/doc/carafe/"

# Native libraries unpacked once, here, not into /tmp at each start.
unpack() { # JAR-PATTERN ENTRY NAME
    local jar
    jar=$(find "$made/jars" -name "$1" | head -1)
    [ -n "$jar" ] || return 0
    (cd "$lib/native" && "$JAVA_HOME/bin/jar" xf "$jar" "$2")
    mv "$lib/native/$2" "$lib/native/$3"
    rm -r "$lib/native/${2%%/*}"
}
machine=$(uname -m)
case $machine in x86_64) jdk_arch=amd64 ;; *) jdk_arch=$machine ;; esac
unpack "sqlite-jdbc-*.jar" "org/sqlite/native/Linux/$machine/libsqlitejdbc.so" libsqlitejdbc.so
unpack "netty-transport-native-epoll-*.jar" "META-INF/native/libnetty_transport_native_epoll_$machine.so" "libnetty_transport_native_epoll_$machine.so"
zstd=$(basename "$(find "$made/jars" -name 'zstd-jni-*.jar' | head -1)" .jar)
unpack "zstd-jni-*.jar" "linux/$jdk_arch/lib$zstd.so" libzstd-jni.so

"$out/bin/carafe" generate-completion >"$out/share/bash-completion/completions/carafe"
"$top/scripts/aot.sh" "$out"
printf '%s\n' "$JAVA_HOME" >"$out/.made"
