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
refused pause now
refused stand-in
refused stand-in --root=/tmp
refused stand-in --root=/tmp -- relative create --pid-file /tmp/a id
refused stand-in --root=/tmp -- /bin/true --pid-file /tmp/a id
refused stand-in --root=/tmp -- /bin/true create id
refused stand-in -- /bin/true create --pid-file /tmp/a id
refused start-in
refused start-in --stand-in=/tmp/a
refused start-in --stand-in=/tmp/a -- relative
refused place
refused place --cgroup=/tmp
refused place --cgroup=relative -- /bin/true
refused place --cgroup=/tmp -- relative

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
ends 137 "sleep 5 & echo \$! > $file; (sleep 0.2; kill -9 \$!) &"
ends 9 "(exit 3) & echo \$! > $file; sleep 0.1; exit 9"
echo 1 > "$file"
ends 0 "exit 0"
echo nonsense > "$file"
ends 0 "exit 0"
rm "$file"

# a stand-in takes the place of a container that this runtime plays: it is started when a file of its name is written
root=$(mktemp -d /tmp/carafe-launcher-test.XXXXXX)
cat >"$root/runtime" <<END
#!/bin/sh
case \$1 in
create) [ "\$4" = broken ] && exit 3; echo \$SANDBOX >"\$3" ;;
wait) cat "$root/\$2.state" || exit 128 ;;
esac
END
chmod +x "$root/runtime"
# shellcheck disable=SC2317 # called by name
stand_in() {
    # a subreaper, as a monitor is one: it ends with the pid in the file
    "$launcher" await --pid-file="$root/pid" -- "$(realpath "$launcher")" stand-in --root="$root" -- "$root/runtime" \
        create --pid-file "$root/pid" "$1" >/dev/null 2>&1
}
stands_in() {
    expected=$1
    shift
    "$@"
    code=$?
    [ $code = "$expected" ] || { echo "FAILED: stand-in $*: exit code $code, not $expected"; failures=$((failures + 1)); }
}
sleep 100 &
export SANDBOX=$!
(sleep 0.2; echo nothing >"$root/two.state"; sleep 0.2; echo '{"id":"one","exitStatus":42}' >"$root/one.state") &
stands_in 42 stand_in one
stands_in 3 stand_in broken

# and what is started for it has the streams that it has kept
sleep 100 >"$root/streams" &
owner=$!
echo $owner >"$root/mine.stand-in"
"$launcher" start-in --stand-in="$root/mine.stand-in" -- /bin/sh -c 'echo out; echo log >&3' 2>"$root/log" || failures=$((failures + 1))
kill $owner
[ "$(cat "$root/streams")$(cat "$root/log")" = outlog ] || { echo "FAILED: start-in: streams"; failures=$((failures + 1)); }
(sleep 0.2; kill -9 "$SANDBOX") &
stands_in 137 stand_in never-started
rm -r "$root"
[ $failures = 0 ] && echo "launcher: argument checks passed"
exit $failures
