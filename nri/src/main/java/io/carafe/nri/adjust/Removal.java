package io.carafe.nri.adjust;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Entries of one adjustment, told apart: a key that begins with {@code -} takes away what has the rest of it as its key.
 *
 * @param removed keys to be taken away
 * @param added entries to be set, after that
 */
record Removal<T>(Set<String> removed, List<T> added) {

    static <T> Removal<T> of(List<T> entries, Function<T, String> key) {
        var removed = new HashSet<String>();
        for (var entry : entries) {
            if (isMarked(key.apply(entry))) {
                removed.add(key.apply(entry).substring(1));
            }
        }
        return new Removal<>(
                removed,
                entries.stream().filter(entry -> !isMarked(key.apply(entry))).toList());
    }

    private static boolean isMarked(String key) {
        return key.startsWith("-");
    }
}
