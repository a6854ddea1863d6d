#!/usr/bin/env bash
# usage: scripts/cri-tools.sh [crictl] [critest] [ginkgo]
#
# Builds these (or all three) into build/bin from the Go modules that conformance/go.mod pins; needs Go 1.26.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

module=sigs.k8s.io/cri-tools
version=$(sed -n "s|^require $module v||p" "$top/conformance/go.mod")

build_tool() {
    case $1 in
    crictl) go build -trimpath -ldflags "-s -w -X $module/pkg/version.Version=$version" -o "$build/bin/crictl" $module/cmd/crictl ;;
    critest) go test -c -trimpath -ldflags "-s -w" -o "$build/bin/critest" $module/cmd/critest ;;
    ginkgo) go build -trimpath -ldflags "-s -w" -o "$build/bin/ginkgo" github.com/onsi/ginkgo/v2/ginkgo ;;
    *) die "unknown tool '$1': crictl, critest, ginkgo" ;;
    esac
}

mkdir -p "$build/bin"
cd "$top/conformance"
export GOFLAGS=-mod=readonly
[ $# -gt 0 ] || set -- crictl critest ginkgo
for tool; do
    # what go.sum was when the tool was built tells whether it is still the one that is pinned
    if [ -x "$build/bin/$tool" ] && cmp -s go.sum "$build/bin/$tool.sum"; then continue; fi
    command -v go >/dev/null || die "$tool is built with Go: install Go 1.26 or later (go.dev/dl)"
    say "building $tool $version (some minutes the first time)"
    build_tool "$tool"
    cp go.sum "$build/bin/$tool.sum"
done
hand_back "$build"
