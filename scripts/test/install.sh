#!/usr/bin/env bash
# What `make install` puts in place runs from there: the launchers find their JDK, also through a link and from elsewhere.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$top/scripts/install.sh" "$dir/dest" /opt/carafe
bin=$dir/dest/opt/carafe/bin
passed=0
works() { # NAME COMMAND...
    local name=$1
    shift
    "$@" >"$dir/out" 2>&1 || { cat "$dir/out"; echo "failed: $name"; exit 1; }
    passed=$((passed + 1))
}

cd /
works "carafed --version" "$bin/carafed" --version
works "carafe --help" "$bin/carafe" --help
ln -s "$bin/carafe" "$dir/carafe"
works "a link to carafe" "$dir/carafe" --help
works "without JAVA_HOME" env -u JAVA_HOME "$bin/carafe" --help
works "the default configuration" "$bin/carafed" config default
cp "$dir/out" "$dir/carafe.toml"
works "which is right" "$bin/carafed" --config "$dir/carafe.toml" config check
works "the unit file names what is installed" grep -qx "ExecStart=/opt/carafe/bin/carafed" "$dir/dest/opt/carafe/lib/systemd/system/carafed.service"
works "the AOT caches are there" test -s "$dir/dest/opt/carafe/lib/carafe/carafed.aot" -a -s "$dir/dest/opt/carafe/lib/carafe/carafe.aot"
echo "$passed passed, 0 failed"
