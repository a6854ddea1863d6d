package io.carafe.engine.stage;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * The operations of one pod or container, one after the other in the order they came, each on a virtual thread. Those of
 * different pods and containers never wait for each other.
 */
public final class OperationQueue {

    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private final Map<String, Operation<Void>> joinable = new HashMap<>();
    private boolean busy;

    /** What an operation does that gives nothing. */
    @FunctionalInterface
    public interface Action {
        void run(Operation<Void> self) throws Exception;
    }

    /** Puts {@code operation} in the queue, joined by the caller. */
    public <T> Operation<T> submit(Operation<T> operation, Operation.Work<T> work) {
        operation.join();
        enqueue(() -> Thread.ofVirtual().name(operation.toString()).start(() -> {
            try {
                operation.run(work);
            } finally {
                next(operation);
            }
        }));
        return operation;
    }

    /** Joins the operation of the same kind that waits or runs already, or else puts {@code operation} in the queue. */
    public synchronized Operation<Void> joinOrSubmit(Operation<Void> operation, Action action) {
        var other = joinable.get(operation.kind());
        if (other != null && other.join()) {
            return other;
        }
        joinable.put(operation.kind(), operation);
        return submit(operation, self -> {
            action.run(self);
            return null;
        });
    }

    private synchronized void enqueue(Runnable start) {
        if (busy) {
            waiting.add(start);
        } else {
            busy = true;
            start.run();
        }
    }

    private synchronized void next(Operation<?> done) {
        joinable.remove(done.kind(), done);
        var start = waiting.poll();
        if (start == null) {
            busy = false;
        } else {
            start.run();
        }
    }
}
