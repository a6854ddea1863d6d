#!/usr/bin/env bash
# Builds build/bin/runc, for tests and critest where the distribution's is older than 1.2 and has no id-mapped mounts, which
# user namespaces need. Needs Go, gcc and libseccomp-dev; without them the exit code is 1 and a line says what is lacking.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

version=1.5.2
runc=$build/bin/runc
if [ -x "$runc" ] && "$runc" --version | grep -qx "runc version $version"; then exit 0; fi
command -v go >/dev/null || die "no Go, so no runc $version: pods with user namespaces are not tried"
pkg-config --exists libseccomp 2>/dev/null || die "no libseccomp-dev and pkg-config, so no runc $version"
mkdir -p "$build/bin"
say "building runc $version (about a minute the first time)"
GOBIN=$build/bin GOTOOLCHAIN=local GOFLAGS='' CGO_ENABLED=1 go install -trimpath -tags seccomp -ldflags "-s -w" \
    "github.com/opencontainers/runc@v$version" </dev/null >&2 || die "runc $version cannot be built here: see above"
hand_back "$build/bin"
