package io.carafe.engine.stats;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerStats.WritableLayer;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Usage of writable layers, which costs a walk through a directory tree. A number is at most {@link #MAX_AGE} old plus the
 * time of its own walk; an older one is still given while the new one is found, and nobody waits for a walk longer than a
 * list may take.
 */
final class WritableLayers {

    static final Duration MAX_AGE = Duration.ofSeconds(30);

    /** Walks at a time: the disk serves containers first. */
    private static final int PARALLEL = 2;

    private final StatsSource source;
    private final Semaphore slots = new Semaphore(PARALLEL);
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    /** @param last the newest number, null before there is one; {@code next} gives one that is being found, or is done */
    private record Entry(WritableLayer last, CompletableFuture<WritableLayer> next) {}

    WritableLayers(StatsSource source) {
        this.source = source;
    }

    /** The number, or null if none is found until the deadline. */
    WritableLayer of(String containerId, Deadline deadline) {
        var entry = entries.compute(containerId, (id, known) -> known == null ? started(id, null) : renewed(id, known));
        if (entry.last() != null) {
            return entry.last();
        }
        try {
            return entry.next().get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("count what container " + containerId + " has written: cancelled");
        }
    }

    void keepOnly(Collection<String> containerIds) {
        entries.keySet().retainAll(containerIds);
    }

    private Entry renewed(String id, Entry known) {
        if (!known.next().isDone()) {
            return known;
        }
        var newest = known.next().isCompletedExceptionally()
                ? known.last()
                : known.next().join();
        if (newest != null && System.currentTimeMillis() - newest.timestamp() / 1_000_000 <= MAX_AGE.toMillis()) {
            return new Entry(newest, known.next());
        }
        return started(id, newest);
    }

    private Entry started(String id, WritableLayer last) {
        var next = new CompletableFuture<WritableLayer>();
        Thread.startVirtualThread(() -> count(id, next));
        return new Entry(last, next);
    }

    private void count(String id, CompletableFuture<WritableLayer> result) {
        slots.acquireUninterruptibly();
        try {
            var usage = source.writableLayer(id);
            result.complete(
                    new WritableLayer(Stats.now(), source.writableLayerMountpoint(), usage.bytes(), usage.inodes()));
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        } finally {
            slots.release();
        }
    }
}
