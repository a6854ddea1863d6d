#!/usr/bin/env bash
# Makes build/carafe-VERSION-linux-ARCH.tar.gz of what install puts in place; unpack it anywhere.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$top/scripts/layout.sh" "$build/layout"
version=$(sed -n 's|.*<revision>\(.*\)</revision>.*|\1|p' "$top/pom.xml")
name=carafe-$version-linux-$(uname -m)
tar -C "$build/layout" --owner=0 --group=0 --exclude=.made --transform "s|^\.|$name|" --sort=name -czf "$build/$name.tar.gz" .
hand_back "$build" "$top"/*/target
say "made build/$name.tar.gz ($(du -h "$build/$name.tar.gz" | cut -f1))"
