#!/usr/bin/env bash
# Builds build/bin/kubelet, the Kubernetes project's node agent, from the Go module that conformance/kubelet/go.mod pins,
# and build/bin/stream, which speaks its API as kubectl does; needs Go 1.26, and about ten minutes the first time.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

module=k8s.io/kubernetes
source=$top/conformance/kubelet
version=$(sed -nE "s|^(require)?[[:space:]]*$module (v[^ ]+)$|\2|p" "$source/go.mod")
stamp=$(cat "$source/go.sum" "$source/stream/main.go" | sha256sum)
if [ -x "$build/bin/kubelet" ] && [ "$(cat "$build/bin/kubelet.sum" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
command -v go >/dev/null || die "the kubelet is built with Go: install Go 1.26 or later (go.dev/dl)"
mkdir -p "$build/bin"
say "building kubelet $version (about ten minutes the first time)"
cd "$source"
export GOFLAGS=-mod=readonly CGO_ENABLED=0
nice go build -p 2 -trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" \
    -o "$build/bin/kubelet" $module/cmd/kubelet
nice go build -p 2 -trimpath -ldflags "-s -w" -o "$build/bin/stream" ./stream
printf '%s\n' "$stamp" >"$build/bin/kubelet.sum"
hand_back "$build"
