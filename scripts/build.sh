#!/usr/bin/env bash
# Compiles and packages every module, without tests; nothing to do where no source is newer than the last time.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

find_jdk
"$top/scripts/deps.sh" build
if is_built; then exit 0; fi
say "building (the first time fetches the Java libraries: some minutes)"
begin_build
if ! maven -q -DskipTests package >"$build/build.log" 2>&1; then
    grep '^\[ERROR\]' "$build/build.log" >&2 || tail -30 "$build/build.log" >&2
    die "the build failed; the whole log is build/build.log"
fi
mark_built
