package io.carafe.engine.stats;

import io.carafe.base.CarafeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Readings by the id of a pod or container. One is given again until it is as old as the policy says; then it is read
 * anew by a thread of {@link ReadingThreads}, never by the caller's.
 *
 * <p>A caller waits {@link #FIRST} for what was never read, and {@link #AGAIN} for what it could have an older reading of.
 * For a reading that takes longer than that nobody waits a second time: whatever hangs, a cgroup, a mount or a namespace,
 * keeps its last reading, whose time tells its age, and holds up no other.
 *
 * @param <V> what is read
 */
final class Readings<V> {

    static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration AGAIN = Duration.ofMillis(100);

    /** Reads one. */
    @FunctionalInterface
    interface Source<V> {
        /** @param before the reading before, null if there is none */
        V read(String id, V before);
    }

    /** How many one thread reads before another is worth starting. */
    private static final int SHARE = 8;

    private final ReadingThreads threads;
    private final long maxAgeNanos;
    private final Source<V> source;
    private final Map<String, Entry<V>> entries = new ConcurrentHashMap<>();

    Readings(ReadingThreads threads, Duration maxAge, Source<V> source) {
        this.threads = threads;
        this.maxAgeNanos = maxAge.toNanos();
        this.source = source;
    }

    /**
     * @param last the newest reading, null before there is one
     * @param readAt of the last, by the monotonic clock
     * @param next null unless it is being read
     */
    private record Entry<V>(V last, long readAt, Pending<V> next) {

        /** What becomes of it when a reading ends; one that it does not wait for any more changes nothing. */
        Entry<V> ended(Pending<V> reading, Entry<V> then) {
            return reading.equals(next) ? then : this;
        }
    }

    private record Pending<V>(String id, V before, long since, CompletableFuture<Void> end) {

        Duration patience() {
            return before == null ? FIRST : AGAIN;
        }

        boolean worthWaiting() {
            return System.nanoTime() - since <= patience().toNanos();
        }
    }

    /** One reading, or nothing if it could not be had in time. */
    Optional<V> of(String id) {
        return Optional.ofNullable(of(List.of(id)).get(id));
    }

    /** The readings of these ids. One that could not be had in time is missing. */
    Map<String, V> of(Collection<String> ids) {
        Queue<Pending<V>> toRead = new ConcurrentLinkedQueue<>();
        var awaited = new ArrayList<Pending<V>>();
        for (var id : ids) {
            var pending = entries.compute(id, (_, known) -> current(id, known, toRead))
                    .next();
            if (pending != null && pending.worthWaiting()) {
                awaited.add(pending);
            }
        }
        start(toRead);
        await(awaited);
        giveUp(toRead);
        var found = new HashMap<String, V>();
        for (var id : ids) {
            var entry = entries.get(id);
            if (entry != null && entry.last != null) {
                found.put(id, entry.last);
            }
        }
        return found;
    }

    /** Forgets all others. */
    void keepOnly(Collection<String> ids) {
        entries.keySet().retainAll(ids);
    }

    private Entry<V> current(String id, Entry<V> known, Queue<Pending<V>> toRead) {
        long now = System.nanoTime();
        if (known != null && (known.next != null || (known.last != null && now - known.readAt <= maxAgeNanos))) {
            return known;
        }
        var last = known == null ? null : known.last;
        var pending = new Pending<>(id, last, now, new CompletableFuture<>());
        toRead.add(pending);
        return new Entry<>(last, known == null ? now : known.readAt, pending);
    }

    private void start(Queue<Pending<V>> toRead) {
        int workers = Math.min(ReadingThreads.PARALLEL, (toRead.size() + SHARE - 1) / SHARE);
        try {
            for (int i = 0; i < workers; i++) {
                threads.start(() -> work(toRead));
            }
        } catch (RejectedExecutionException e) {
            // all threads hang in readings, or the engine closes: what nobody reads is given up below
        }
    }

    private void work(Queue<Pending<V>> toRead) {
        for (var pending = toRead.poll(); pending != null; pending = toRead.poll()) {
            V value = null;
            try {
                value = source.read(pending.id, pending.before);
            } catch (RuntimeException e) {
                System.getLogger("io.carafe.engine").log(System.Logger.Level.DEBUG, "read stats of " + pending.id, e);
            }
            done(pending, value == null ? pending.before : value);
        }
    }

    private void done(Pending<V> pending, V value) {
        entries.computeIfPresent(
                pending.id, (_, entry) -> entry.ended(pending, new Entry<>(value, System.nanoTime(), null)));
        pending.end.complete(null);
    }

    /** What no thread came to is for the next caller to try. */
    private void giveUp(Queue<Pending<V>> unread) {
        for (var pending = unread.poll(); pending != null; pending = unread.poll()) {
            var given = pending;
            entries.computeIfPresent(
                    given.id, (_, entry) -> entry.ended(given, new Entry<>(entry.last, entry.readAt, null)));
            given.end.complete(null);
        }
    }

    private static <V> void await(List<Pending<V>> awaited) {
        var patience = awaited.stream()
                .map(Pending::patience)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
        var all = CompletableFuture.allOf(awaited.stream().map(Pending::end).toArray(CompletableFuture[]::new));
        try {
            all.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // those have an older reading, or none
        } catch (ExecutionException e) {
            throw new IllegalStateException("no reading ends with an error", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("read stats: the caller cancelled it");
        }
    }
}
