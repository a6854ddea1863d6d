# shellcheck shell=bash
# What the scripts of the front door share. Sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # for those that source this
build=$top/build

# say WORDS... prints a line of progress; a person waits behind it.
say() { printf '==> %s\n' "$*" >&2; }

# die WORDS... ends the script with a message that names what to do.
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "this needs root: sudo make $1"; }

# find_jdk sets JAVA_HOME to a JDK 25, installing one where the distribution has it.
find_jdk() { JAVA_HOME=$("$top/scripts/jdk.sh") || exit 1; export JAVA_HOME; }

# maven ARGS... runs the wrapper from the top of the tree without a word on success.
maven() { (cd "$top" && ./mvnw -B -ntp "$@" </dev/null); }

# hand_back PATH... gives files that sudo made here back to the person who called sudo.
hand_back() {
    [ -n "${SUDO_UID-}" ] && [ "$(id -u)" = 0 ] || return 0
    local path
    for path; do [ ! -e "$path" ] || chown -R -h "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$path"; done
}

# is_built: whether the jars are newer than all that they are made of (a directory is newer when a file went).
is_built() {
    [ -e "$build/.built" ] && [ -e "$top/dist/target/carafed.jar" ] &&
        [ -z "$(find "$top/pom.xml" "$top"/*/pom.xml "$top"/*/src "$top/launcher" -path "$top/launcher/target" -prune -o \
            -newer "$build/.built" -print 2>/dev/null | head -1)" ]
}

# begin_build, mark_built: around a build; a source that changes meanwhile is newer.
begin_build() {
    mkdir -p "$build"
    touch "$build/.building"
}

mark_built() { mv "$build/.building" "$build/.built"; }
