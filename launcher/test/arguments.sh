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
refused init
refused init --join-net=/tmp/a
[ $failures = 0 ] && echo "launcher: argument checks passed"
exit $failures
