package io.carafe.engine.stage;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Something the engine does for one pod or container, on a thread of its own, while any number of callers wait for it.
 *
 * <p>A caller whose deadline passes leaves and the operation goes on, for a retry to join. A caller that is interrupted
 * leaves too; when it was the last one, nobody will come back for the result, and the operation is cancelled.
 *
 * @param <T> what it gives
 */
public final class Operation<T> {

    /** What an operation does; it may be interrupted. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Operation<T> self) throws Exception;
    }

    private final String kind;
    private final String object;
    private final long begun = System.nanoTime();
    private final TraceContext trace = TraceContext.current();
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private volatile String stage = "queue";
    private int waiting;
    private boolean cancelled;
    private boolean undoing;
    private Thread worker;

    /**
     * @param kind one word, such as {@code run}
     * @param object what it is done to, for messages: {@code "pod default/web"}
     */
    public Operation(String kind, String object) {
        this.kind = kind;
        this.object = object;
    }

    public String kind() {
        return kind;
    }

    /** The call that it was begun for; those that join it later are other traces' matter. Null if that is not traced. */
    TraceContext trace() {
        return trace;
    }

    /** Kind and object: {@code "run pod default/web"}. */
    @Override
    public String toString() {
        return kind + " " + object;
    }

    /** Says where the operation is, for the message of a caller whose time is up. */
    public void at(String newStage) {
        stage = newStage;
    }

    /**
     * Counts the calling thread among those that wait; {@link #await} must follow.
     *
     * @return false if the operation has been cancelled and is being undone
     */
    public synchronized boolean join() {
        if (!cancelled) {
            waiting++;
        }
        return !cancelled;
    }

    /**
     * Waits for the result, having {@linkplain #join joined}.
     *
     * @throws CarafeException.DeadlineExceeded if the caller's time is up; the operation goes on
     * @throws CarafeException.Cancelled if the caller is interrupted; the operation is cancelled if nobody else waits
     */
    public T await(Deadline deadline) {
        try {
            return result.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw leftBehind();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (deadline.expired()) {
                throw leftBehind();
            }
            leave(true);
            throw new CarafeException.Cancelled(this + ": the caller cancelled it in stage " + stage);
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        }
    }

    /** Each caller gets an exception of its own, with the way it came. */
    private CarafeException failure(Throwable cause) {
        return cause instanceof CarafeException known ? known : CarafeException.of(toString(), cause);
    }

    private CarafeException leftBehind() {
        leave(false);
        return new CarafeException.DeadlineExceeded(this + ": the caller's deadline has passed in stage " + stage + ", "
                        + Elapsed.since(begun) + " after it began; it goes on, a retry joins it")
                .with("stage", stage);
    }

    private synchronized void leave(boolean cancelIfLast) {
        waiting--;
        if (cancelIfLast && waiting == 0) {
            cancel();
        }
    }

    /** Interrupts the work, which then undoes itself unless it does so already. Nobody can join it any more. */
    public synchronized void cancel() {
        cancelled = true;
        if (worker != null && !undoing) {
            worker.interrupt();
        }
    }

    /** From now on the work gives things back, and must not be interrupted in that. */
    synchronized void undoes() {
        undoing = true;
    }

    /** Waits until the operation has ended in any way. */
    public void awaitEnd(Deadline deadline) {
        try {
            result.handle((value, error) -> value).get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new CarafeException.DeadlineExceeded(
                    this + ": it is being undone and the caller's deadline has passed, in stage " + stage);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled(this + ": the caller cancelled while it is being undone");
        } catch (ExecutionException e) {
            throw new IllegalStateException("handle() swallows every error", e);
        }
    }

    /** Does the work on the calling thread. */
    void run(Work<T> work) {
        synchronized (this) {
            worker = Thread.currentThread();
            if (cancelled) {
                worker.interrupt();
            }
        }
        T value = null;
        Throwable error = null;
        try {
            value = work.run(this);
        } catch (Exception | Error e) {
            error = e;
        }
        synchronized (this) {
            worker = null;
        }
        if (error == null) {
            result.complete(value);
        } else {
            result.completeExceptionally(error);
        }
    }
}
