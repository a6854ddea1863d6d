#!/usr/bin/env bash
# Removes what was built: every module's target/, and build/ (images, tools, archives).
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

rm -rf "$build" "$top"/target "$top"/*/target
