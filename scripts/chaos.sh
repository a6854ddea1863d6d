#!/usr/bin/env bash
# Kills what uses an image store, KILLS times (1000), at random moments of pull, remove, prune and run, and says whether the
# store is whole each time and every image that was pulled runs (StoreChaosTest). SEED repeats the moments of an earlier run.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

need_root chaos
find_jdk
"$top/scripts/deps.sh" test
say "${KILLS:-1000} kills"
maven -q -pl launcher,daemon -am test -Dtest=StoreChaosTest -Dsurefire.failIfNoSpecifiedTests=false -DexcludedGroups= \
    -Dcarafe.chaos.kills="${KILLS:-1000}" ${SEED:+-Dcarafe.chaos.seed="$SEED"}
hand_back "$build"
