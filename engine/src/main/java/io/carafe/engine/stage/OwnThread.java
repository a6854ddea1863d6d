package io.carafe.engine.stage;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * For work on files of others, such as a network file system whose server is away. A system call that hangs holds the
 * processor's share of its virtual thread, and as many of them as there are processors hold up every other one; on a thread
 * of its own it holds up its caller only.
 */
public final class OwnThread {

    private OwnThread() {}

    /**
     * Waits for {@code work} to be done. Work that is given up goes on when the kernel lets it; it must do no harm then.
     *
     * @param what is done, for messages
     * @throws CarafeException.DeadlineExceeded if it is not done by then
     * @throws CarafeException.Cancelled if the caller is interrupted
     */
    public static <T> T call(String what, Callable<T> work, Deadline deadline) {
        var task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().name(what).start(task);
        try {
            return task.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new CarafeException.DeadlineExceeded(what + ": a file system that it needs does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled(what + ": cancelled", e);
        } catch (ExecutionException e) {
            throw CarafeException.of(what, e.getCause());
        }
    }
}
