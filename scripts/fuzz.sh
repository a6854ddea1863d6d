#!/usr/bin/env bash
# usage: scripts/fuzz.sh SECONDS [TARGET]
#
# Puts what reads foreign input before fuzzers, each for SECONDS: the launcher's decoder of plans before libFuzzer, and every
# @FuzzTest of the modules before Jazzer. TARGET is a part of a name, such as Reference or plans.
#
# What a fuzzer learns stays in build/fuzz/NAME/corpus for its next run. An input that fails is in build/fuzz/NAME; copied to
# MODULE/src/test/resources/PACKAGE/CLASSInputs/METHOD/ under a name that tells what it is, it is a test from then on.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

limit=${1:?usage: fuzz.sh SECONDS [TARGET]} only=${2-}
case $limit in *[!0-9]* | 0) die "SECONDS must be a number above 0, not $limit" ;; esac
find_jdk
"$top/scripts/deps.sh" fuzz
out=$build/fuzz
mkdir -p "$out"
run=0 failures=""

# targets: lines of MODULE CLASS METHOD ROOT, the last "root" if it needs that.
targets() {
    local file module class root
    grep -rl --include='*FuzzTest.java' '@FuzzTest' "$top"/*/src/test/java | sort | while read -r file; do
        module=${file#"$top"/}
        class=${module#*/src/test/java/}
        class=${class%.java}
        root=""
        ! grep -q '@Tag("root")' "$file" || root=root
        grep -A1 '@FuzzTest' "$file" | sed -nE 's/^ *void (\w+)\(.*/\1/p' | while read -r method; do
            echo "${module%%/*} ${class//\//.} $method $root"
        done
    done
}

# fuzz NAME DIRECTORY COMMAND...: runs one; its words are in build/fuzz/NAME/log.
fuzz() {
    local name=$1 place=$out/$1 directory=$2
    shift 2
    mkdir -p "$place/corpus"
    say "fuzzing $name for $limit s"
    run=$((run + 1))
    if (cd "$directory" && "$@") >"$place/log" 2>&1 </dev/null; then
        sed -nE 's/^Done ([0-9]+) runs.*/    \1 inputs/p' "$place/log" | tail -1
    else
        failures="$failures $name"
        grep -aE '^== Java Exception|^Caused by|ERROR: ' "$place/log" | head -5 || tail -20 "$place/log"
        echo "    $name failed: see $place"
    fi
}

launcher() {
    local probe=$out/probe
    mkdir -p "$probe"
    echo '#include <stddef.h>
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) { return data && size > 1 && size < 1; }' >"$probe/probe.c"
    clang -fsanitize=fuzzer,address,undefined -o "$probe/probe" "$probe/probe.c" 2>"$probe/log" ||
        die "clang cannot link libFuzzer: install its runtime, which is called libclang-rt-dev or compiler-rt (clang's words: $probe/log)"
    fuzz launcher.plans "$top/launcher" make --no-print-directory fuzz SECONDS="$limit"
}

modules() {
    local chosen=$1 list module class method root name
    list=$(cut -d' ' -f1 <<<"$chosen" | sort -u | paste -sd,)
    say "compiling the tests of $list"
    maven -q -pl "$list" -am -DskipTests test-compile dependency:build-classpath -Dmdep.outputFile=target/fuzz-class-path \
        >"$out/build.log" 2>&1 || { tail -30 "$out/build.log"; die "the tests do not compile: $out/build.log"; }
    while read -r module class method root; do
        name=${class##*.}.$method
        if [ "$root" = root ] && [ "$(id -u)" != 0 ]; then
            say "left out, since it needs root: $name"
            continue
        fi
        fuzz "$name" "$top/$module" "$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx512m -XX:+EnableDynamicAgentLoading \
            --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
            -cp "target/test-classes:target/classes:$(cat "$top/$module/target/fuzz-class-path")" \
            com.code_intelligence.jazzer.Jazzer --target_class="$class" --target_method="$method" \
            --instrumentation_includes='io.carafe.**' --custom_hook_includes='io.carafe.**' --reproducer_path="$out/$name" \
            -max_total_time="$limit" -timeout=120 -max_len=65536 -artifact_prefix="$out/$name/" "$out/$name/corpus"
    done <<<"$chosen"
}

! grep -qF -- "$only" <<<launcher.plans || launcher
chosen=$(targets | grep -F -- "$only" || true)
[ -z "$chosen" ] || modules "$chosen"
hand_back "$build" "$top"/*/target
[ "$run" -gt 0 ] || die "there is no target called $only"
echo "$run targets, $(wc -w <<<"$failures") with a finding$failures"
[ -z "$failures" ]
