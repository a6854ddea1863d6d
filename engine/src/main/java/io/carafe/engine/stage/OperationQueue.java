package io.carafe.engine.stage;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The operations of one pod or container, one after the other in the order they came, each on a virtual thread. Those of
 * different pods and containers never wait for each other.
 */
public final class OperationQueue {

    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean busy;

    /** Puts {@code operation} in the queue, joined by the caller. */
    public <T> Operation<T> submit(Operation<T> operation, Operation.Work<T> work) {
        operation.join();
        enqueue(() -> Thread.ofVirtual().name(operation.toString()).start(() -> {
            try {
                operation.run(work);
            } finally {
                next();
            }
        }));
        return operation;
    }

    private synchronized void enqueue(Runnable start) {
        if (busy) {
            waiting.add(start);
        } else {
            busy = true;
            start.run();
        }
    }

    private synchronized void next() {
        var start = waiting.poll();
        if (start == null) {
            busy = false;
        } else {
            start.run();
        }
    }
}
