#!/usr/bin/env bash
# Builds build/bin/{crictl,critest,ginkgo} from the Go modules that conformance/go.mod pins; needs Go 1.26.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

module=sigs.k8s.io/cri-tools
version=$(sed -n "s|^require $module v||p" "$top/conformance/go.mod")
if cmp -s "$top/conformance/go.sum" "$build/bin/cri-tools.sum" && [ -x "$build/bin/critest" ] && [ -x "$build/bin/ginkgo" ]; then exit 0; fi
command -v go >/dev/null || die "crictl and critest are built with Go: install Go 1.26 or later (go.dev/dl)"
mkdir -p "$build/bin"
say "building crictl and critest $version (some minutes the first time)"
cd "$top/conformance"
export GOFLAGS=-mod=readonly
go build -trimpath -ldflags "-s -w -X $module/pkg/version.Version=$version" -o "$build/bin/crictl" $module/cmd/crictl
go test -c -trimpath -ldflags "-s -w" -o "$build/bin/critest" $module/cmd/critest
go build -trimpath -ldflags "-s -w" -o "$build/bin/ginkgo" github.com/onsi/ginkgo/v2/ginkgo
cp go.sum "$build/bin/cri-tools.sum"
hand_back "$build"
