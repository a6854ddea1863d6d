#!/usr/bin/env bash
# usage: scripts/install.sh DESTDIR PREFIX
#
# Puts carafed, carafe and what they need under DESTDIR/PREFIX; they run from there without Maven.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || die "usage: install.sh DESTDIR PREFIX"
case $2 in /*) ;; *) set -- "$1" "$PWD/$2" ;; esac
"$top/scripts/layout.sh" "$build/layout"
target=$1$2
mkdir -p "$target"
(cd "$build/layout" && tar -cf - --owner=0 --group=0 --exclude=.made .) | tar -xpf - -C "$target" --no-same-owner
sed -i "s|^ExecStart=/usr/local/|ExecStart=${2%/}/|" "$target/lib/systemd/system/carafed.service"
hand_back "$build" "$top"/*/target
say "installed: $target/bin/carafed, $target/bin/carafe"
