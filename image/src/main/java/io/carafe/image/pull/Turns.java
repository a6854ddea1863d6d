package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Lets one at a time work on a thing, among all who want it; the others wait, then look whether it is done. */
final class Turns<K> {

    private final ConcurrentMap<K, CompletableFuture<Void>> running = new ConcurrentHashMap<>();

    /** Runs {@code work} when nobody else does for the same {@code key}. */
    void run(K key, Deadline deadline, Runnable work) {
        var mine = new CompletableFuture<Void>();
        for (var other = running.putIfAbsent(key, mine); other != null; other = running.putIfAbsent(key, mine)) {
            await(key, other, deadline);
        }
        try {
            work.run();
        } finally {
            running.remove(key, mine);
            mine.complete(null);
        }
    }

    private static void await(Object key, CompletableFuture<Void> other, Deadline deadline) {
        try {
            other.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("wait for another pull of " + key + ": cancelled");
        } catch (TimeoutException e) {
            throw new CarafeException.DeadlineExceeded(
                    "wait for another pull of " + key + ": the caller's deadline has passed");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e); // it is only ever completed
        }
    }
}
