# shellcheck shell=sh disable=SC2154
# Sourced by the programs beside it, which set $home: finds a JDK 25 without starting anything, and becomes it.

lib=$home/lib/carafe

is_java_25() {
    [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
    while IFS= read -r line; do
        case $line in 'JAVA_VERSION="25"' | 'JAVA_VERSION="25.'*) return 0 ;; esac
    done <"$1/release"
    return 1
}

# The second is the one that the AOT caches were made with; another works too, only slower to start.
find_java() {
    for jdk in "${JAVA_HOME:-/nonexistent}" "@JDK@" /usr/lib/jvm/*; do
        ! is_java_25 "$jdk" || return 0
    done
    echo "${0##*/}: no Java 25: set JAVA_HOME to one (looked at JAVA_HOME, @JDK@ and /usr/lib/jvm)" >&2
    exit 127
}

# run NAME CLASS OPTIONS ARGUMENT...
run() {
    name=$1 class=$2 options=$3
    shift 3
    find_java
    # where the cache does not fit (another JVM, changed jars), the JVM goes on without it and without a word
    cached=""
    if [ -n "${CARAFE_AOT_RECORD-}" ]; then
        cache=-XX:AOTCacheOutput=$CARAFE_AOT_RECORD
    elif [ -r "$lib/$name.aot" ]; then
        cached=$lib/$name.aot
        cache=-XX:AOTCache=$cached
    else
        cache=-Xshare:auto
    fi
    # shellcheck disable=SC2086 # options are words
    exec "$jdk/bin/java" "$cache" -Xlog:aot=off -Xlog:cds=off -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 \
        -XX:+UseSerialGC -XX:+UseCompactObjectHeaders \
        -XX:-UsePerfData --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow $options \
        "-Djava.library.path=$lib/native" "-Dorg.sqlite.lib.path=$lib/native" \
        "-DZstdNativePath=$lib/native/libzstd-jni.so" "-Dcarafe.launcher=$home/libexec/carafe/carafe-launcher" \
        "-Dcarafe.aot-cache=$cached" \
        -cp "$lib/$name.jar" "$class" "$@"
}
