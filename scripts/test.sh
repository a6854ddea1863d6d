#!/usr/bin/env bash
# Runs every test: the launcher's, all modules' (those tagged root too), and the front door's own. The full log is
# build/test.log. The last line tells the counts; the exit code is 0 only if nothing failed.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

need_root test
find_jdk
"$top/scripts/deps.sh" test
"$top/scripts/runc.sh" || true # the tests that need it are skipped then
mkdir -p "$build"
log=$build/test.log
rm -rf "$top"/*/target/surefire-reports
passed=0 failed=0 skipped=0 broken=0

# count_line TEXT: adds up the last "N passed, N failed[, N skipped]" of a suite's output.
count_line() {
    local p f s
    read -r p f s < <(sed -nE 's/^.*\b([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*$/\1 \2 \4/p' "$1" | tail -1) || return 1
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
}

# suite NAME COMMAND... runs one that is no Maven module; one that prints no counts counts as one test.
suite() {
    local name=$1 out
    shift
    out=$build/test-$name.log
    say "testing: $name"
    if "$@" >"$out" 2>&1 </dev/null; then
        count_line "$out" || passed=$((passed + 1))
    else
        tail -60 "$out"
        local before=$failed
        count_line "$out" || true
        [ "$failed" -gt "$before" ] || failed=$((failed + 1))
    fi
    printf '    %s: %s\n' "$name" "$(tail -1 "$out")"
}

# The attributes of <testsuite> in Surefire's reports: tests, errors, skipped, failures.
count_surefire() {
    local t e s f
    read -r t e s f < <(cat "$top"/*/target/surefire-reports/TEST-*.xml 2>/dev/null | grep -h '<testsuite ' | awk '
        function n(key) { return match($0, " " key "=\"[0-9]+\"") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 4) : 0 }
        { t += n("tests"); e += n("errors"); s += n("skipped"); f += n("failures") }
        END { print t + 0, e + 0, s + 0, f + 0 }')
    passed=$((passed + t - e - s - f)) failed=$((failed + e + f)) skipped=$((skipped + s))
}

# The tests that drive carafed with crictl build it where they can; without Go they are skipped and say so.
! command -v go >/dev/null || "$top/scripts/cri-tools.sh" crictl || say "crictl cannot be built here: its tests are skipped"
! command -v go >/dev/null || "$top/scripts/nri-plugin.sh" || say "NRI's plugin cannot be built here: its tests are skipped"

suite launcher make --no-print-directory -C "$top/launcher" test EXCLUDED_GROUPS=

say "testing: the modules (full log: build/test.log; the first time fetches the Java libraries)"
begin_build
maven --fail-at-end -Dmaven.test.failure.ignore=true -DexcludedGroups= -Dstyle.color=never package >"$log" 2>&1 || broken=1
grep -E '^\[(INFO|WARNING|ERROR)\] +(Tests run:.* in |Building [A-Za-z]+ )|^\[ERROR\]' "$log" | sed -E 's/^\[(INFO|WARNING)\] //' || true
count_surefire
[ "$broken" = 1 ] || mark_built

for t in "$top"/scripts/test/*.sh; do
    if [ "$broken" = 1 ] || [ ! -e "$t" ]; then break; fi
    suite "$(basename "$t" .sh)" "$t"
done

hand_back "$build" "$top"/*/target
if [ "$broken" = 1 ]; then
    echo "the build broke before all tests could run: build/test.log"
    failed=$((failed + 1))
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
