#!/usr/bin/env bash
# Prints the home of a JDK 25: JAVA_HOME if it is one, else the first in /usr/lib/jvm, else one that this installs.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# is_jdk_25 DIR: a JDK (not a JRE) of that version; reads its release file, starts no JVM.
is_jdk_25() {
    [ -x "$1/bin/javac" ] && grep -qE '^JAVA_VERSION="25[".]' "$1/release" 2>/dev/null
}

find_one() {
    local home
    for home in "${JAVA_HOME:-/nonexistent}" /usr/lib/jvm/*; do
        if is_jdk_25 "$home"; then printf '%s\n' "$home"; return 0; fi
    done
    return 1
}

find_one && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "no JDK 25 here: installing openjdk-25-jdk-headless"
    apt-get update -qq >&2 || say "apt-get update failed; going on with the lists at hand"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-25-jdk-headless </dev/null >&2 || true
    find_one && exit 0
fi
die "no JDK 25: install one (openjdk-25-jdk-headless, or Temurin 25 of adoptium.net) and set JAVA_HOME to it"
