package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Counts failures in a row, and waits between attempts. For one thread. */
final class Backoff {

    private final String action;
    private final Patience patience;
    private final Deadline deadline;
    private int failures;

    /** @param action names what is tried in errors: {@code "manifest of docker.io/library/nginx:latest"} */
    Backoff(String action, Patience patience, Deadline deadline) {
        this.action = action;
        this.patience = patience;
        this.deadline = deadline;
    }

    /** What is tried. A {@link CarafeException} ends the attempts, an {@link IOException} asks for another. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException;
    }

    <T> T retry(Attempt<T> attempt) {
        while (true) {
            try {
                return attempt.run();
            } catch (IOException e) {
                failed(e);
            }
        }
    }

    /** Progress was made: the next failure is the first again. */
    void succeeded() {
        failures = 0;
    }

    /**
     * Waits before the next attempt.
     *
     * @throws CarafeException.Unavailable if there is to be none
     */
    void failed(IOException cause) {
        failures++;
        deadline.check(action);
        var wait = delay();
        if (cause instanceof TransientFailure answer && answer.retryAfter() != null) {
            wait = answer.retryAfter();
            if (wait.compareTo(patience.longestRetryAfter()) > 0) {
                throw new CarafeException.Unavailable(
                        action + ": " + cause.getMessage() + ", and asks to wait " + wait.toSeconds() + " s", cause);
            }
        }
        if (failures >= patience.attempts()) {
            throw new CarafeException.Unavailable(
                    action + ": " + Failures.reason(cause) + "; gave up after " + failures + " attempts", cause);
        }
        sleep(wait);
    }

    private Duration delay() {
        long doubled = patience.firstDelay().toNanos() << Math.min(failures - 1, 20);
        long capped = Math.min(doubled, patience.longestDelay().toNanos());
        return Duration.ofNanos(capped / 2 + ThreadLocalRandom.current().nextLong(capped / 2 + 1));
    }

    private void sleep(Duration wait) {
        try {
            TimeUnit.NANOSECONDS.sleep(Math.min(wait.toNanos(), deadline.remainingNanos()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        deadline.check(action);
    }
}
