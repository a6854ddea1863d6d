#!/bin/sh
# usage: arguments.sh LAUNCHER: wrong command lines are refused with a report and do nothing; needs no root
launcher=$1
failures=0

refused() {
    output=$("$launcher" "$@" 2>&1) && { echo "FAILED: accepted: $*"; failures=$((failures + 1)); return; }
    case $output in
    '{"step":"arguments",'*) ;;
    *) echo "FAILED: $*: $output"; failures=$((failures + 1)) ;;
    esac
}

refused
refused nothing
refused pin
refused pin --net
refused pin --net=relative
refused pin --net=/tmp/../etc/x
refused pin --net=/tmp/a --net=/tmp/b
refused pin net=/tmp/a
refused pin --nett=/tmp/a
refused pin --net=/tmp/a --hostname=x
refused pin --uts=/tmp/a --hostname=
refused pin --uts=/tmp/a --hostname=0123456789012345678901234567890123456789012345678901234567890123456789
refused pin --user=/tmp/a
refused pin --user=/tmp/a --uid-map=0:1000:10
refused pin --net=/tmp/a --uid-map=0:1000:10 --gid-map=0:1000:10
refused pin --user=/tmp/a --uid-map=0:1000:10 --gid-map=0:1000
refused init
refused init --join-net=/tmp/a
refused await
refused await --pid-file=/tmp/a
refused await --pid-file=/tmp/a --
refused await --pid-file=/tmp/a -- relative
refused await -- /bin/true

# await needs no root: a process that its parent leaves is waited for, and its code told
file=$(mktemp /tmp/carafe-launcher-test.XXXXXX)
ends() {
    expected=$1
    shift
    "$launcher" await --pid-file="$file" -- /bin/sh -c "$@" >/dev/null 2>&1
    code=$?
    [ $code = "$expected" ] || { echo "FAILED: await $*: exit code $code, not $expected"; failures=$((failures + 1)); }
}
ends 7 "(sleep 0.2; exit 7) & echo \$! > $file"
ends 137 "sleep 5 & echo \$! > $file; kill -9 \$!"
ends 9 "(exit 3) & echo \$! > $file; sleep 0.1; exit 9"
echo 1 > "$file"
ends 0 "exit 0"
echo nonsense > "$file"
ends 0 "exit 0"
rm "$file"
[ $failures = 0 ] && echo "launcher: argument checks passed"
exit $failures
