#!/usr/bin/env bash
# Builds build/bin/runsc, gVisor's runtime, from the Go module that conformance/runsc/go.mod pins; needs Go 1.26.
# Debian's package is of July 2024, and its sandboxes have no network on Linux 6.11 and later (google/gvisor#10704).
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

module=gvisor.dev/gvisor
version=$(sed -n "s|.*$module \([^ ]*\).*|\1|p" "$top/conformance/runsc/go.mod")
if cmp -s "$top/conformance/runsc/go.sum" "$build/bin/runsc.sum" && [ -x "$build/bin/runsc" ]; then exit 0; fi
command -v go >/dev/null || die "runsc is built with Go: install Go 1.26 or later (go.dev/dl)"
mkdir -p "$build/bin"
say "building runsc $version (some minutes the first time)"
cd "$top/conformance/runsc"
export GOFLAGS=-mod=readonly CGO_ENABLED=0
go build -trimpath -ldflags "-s -w -X $module/runsc/version.version=$version" -o "$build/bin/runsc" $module/runsc
cp go.sum "$build/bin/runsc.sum"
hand_back "$build"
