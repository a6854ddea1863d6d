package io.carafe.engine.stats;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Readings that are given again until they are {@link #MAX_AGE} old, by the id of a pod or container.
 *
 * @param <V> what is read
 */
final class Aged<V> {

    static final Duration MAX_AGE = Duration.ofSeconds(1);

    private record Entry<V>(V value, long readAt) {
        boolean fresh() {
            return System.nanoTime() - readAt <= MAX_AGE.toNanos();
        }
    }

    private final Map<String, Entry<V>> entries = new ConcurrentHashMap<>();

    /** @param read makes a new reading from the one before, which is null if there is none; two at once do no harm */
    V of(String id, UnaryOperator<V> read) {
        var known = entries.get(id);
        if (known != null && known.fresh()) {
            return known.value();
        }
        var value = read.apply(known == null ? null : known.value());
        entries.put(id, new Entry<>(value, System.nanoTime()));
        return value;
    }

    void keepOnly(Collection<String> ids) {
        entries.keySet().retainAll(ids);
    }
}
