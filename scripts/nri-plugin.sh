#!/usr/bin/env bash
# usage: scripts/nri-plugin.sh
#
# Builds build/bin/nri-plugin, the plugin made with NRI's own library that tests connect to Carafe; needs Go 1.24.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

source=$top/nri/src/test/go
plugin=$build/bin/nri-plugin
if [ -x "$plugin" ] && [ -z "$(find "$source" -type f -newer "$plugin")" ]; then exit 0; fi
command -v go >/dev/null || die "the test plugin is built with Go: install Go 1.24 or later (go.dev/dl)"
say "building a plugin with NRI's library (a minute the first time)"
mkdir -p "$build/bin"
cd "$source"
GOFLAGS=-mod=readonly go build -trimpath -ldflags "-s -w" -o "$plugin" .
hand_back "$build"
