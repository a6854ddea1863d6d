#!/usr/bin/env bash
# Compiles and packages every module, without tests.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$top/scripts/deps.sh" build
find_jdk
say "building (the first time fetches the Java libraries: some minutes)"
maven -q -DskipTests package
