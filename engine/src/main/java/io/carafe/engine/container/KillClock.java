package io.carafe.engine.container;

import io.carafe.base.Deadline;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** When a container that is being stopped is to be killed. Whoever asks to have it stopped may bring the moment nearer. */
final class KillClock {

    private Deadline at = Deadline.none();

    synchronized void atLatest(Deadline wanted) {
        at = at.earlierOf(wanted);
        notifyAll();
    }

    /** Forgets all wishes, after a stop that came to nothing. */
    synchronized void reset() {
        at = Deadline.none();
    }

    synchronized boolean isUp() {
        return at.expired();
    }

    /** Waits for {@code exited} until the moment has come; says whether it is done. */
    synchronized boolean await(CompletableFuture<Void> exited) throws InterruptedException {
        var _ = exited.thenRun(this::wake);
        while (!exited.isDone() && !at.expired()) {
            TimeUnit.NANOSECONDS.timedWait(this, at.remainingNanos());
        }
        return exited.isDone();
    }

    private synchronized void wake() {
        notifyAll();
    }
}
