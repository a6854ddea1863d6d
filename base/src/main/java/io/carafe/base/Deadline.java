package io.carafe.base;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The moment at which a caller stops waiting, on the monotonic clock. Passed explicitly to everything that waits.
 *
 * <p>Cancellation travels apart from it, as the interruption of the thread that does the work.
 *
 * @param nanoTime a value of {@link System#nanoTime()}
 */
public record Deadline(long nanoTime) {

    private static final Duration FOREVER = Duration.ofDays(365 * 100L);

    /** No limit: a hundred years from now, so that arithmetic never overflows. */
    public static Deadline none() {
        return after(FOREVER);
    }

    public static Deadline after(Duration timeout) {
        var bounded = timeout.compareTo(FOREVER) > 0 ? FOREVER : timeout;
        return new Deadline(System.nanoTime() + bounded.toNanos());
    }

    /** Time left; zero once it has passed, never negative. */
    public Duration remaining() {
        return Duration.ofNanos(remainingNanos());
    }

    public long remainingNanos() {
        return Math.max(0, nanoTime - System.nanoTime());
    }

    /** Time left in milliseconds, rounded up, for calls such as {@code poll(2)}; at most {@link Integer#MAX_VALUE}. */
    public int remainingMillis() {
        return (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(remainingNanos() + 999_999));
    }

    public boolean expired() {
        return remainingNanos() == 0;
    }

    public Deadline earlierOf(Deadline other) {
        return nanoTime - other.nanoTime <= 0 ? this : other;
    }

    /**
     * @param action what is being done, for the message: {@code "pull docker.io/library/nginx"}
     * @throws CarafeException.DeadlineExceeded if the moment has passed
     * @throws CarafeException.Cancelled if the thread was interrupted
     */
    public void check(String action) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CarafeException.Cancelled(action + ": the caller cancelled it");
        }
        if (expired()) {
            throw new CarafeException.DeadlineExceeded(action + ": the caller's deadline has passed");
        }
    }
}
