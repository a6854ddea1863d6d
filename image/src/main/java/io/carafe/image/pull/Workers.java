package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A few platform threads that work a list off. The first failure stops all of them. */
public final class Workers {

    private final Queue<Runnable> tasks;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final ArrayList<Thread> threads = new ArrayList<>();

    private Workers(Collection<? extends Runnable> tasks) {
        this.tasks = new ConcurrentLinkedQueue<>(tasks);
    }

    /**
     * Runs the tasks, begun in their order, and returns when all threads have ended. Interrupting the caller interrupts
     * the tasks, and so does the deadline when it passes.
     *
     * @throws CarafeException what the first failing task threw
     */
    public static void run(String name, int parallel, Collection<? extends Runnable> tasks, Deadline deadline) {
        var workers = new Workers(tasks);
        for (int i = 0; i < Math.min(parallel, tasks.size()); i++) {
            workers.threads.add(
                    Thread.ofPlatform().daemon().name(name + "-" + i).unstarted(workers::work));
        }
        workers.threads.forEach(Thread::start);
        boolean interrupted = workers.join(deadline);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        var failure = workers.failure.get();
        if (failure != null) {
            throw CarafeException.of(name, failure);
        }
    }

    private void work() {
        for (var task = tasks.poll(); task != null && failure.get() == null; task = tasks.poll()) {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                fail(e);
            }
        }
    }

    private void fail(Throwable e) {
        if (failure.compareAndSet(null, e)) {
            threads.stream().filter(thread -> thread != Thread.currentThread()).forEach(Thread::interrupt);
        }
    }

    private boolean join(Deadline deadline) {
        boolean interrupted = false;
        for (var thread : threads) {
            while (thread.isAlive()) {
                try {
                    if (failure.get() != null) {
                        thread.join(); // it was interrupted
                    } else if (!join(thread, deadline)) {
                        fail(new CarafeException.DeadlineExceeded("the caller's deadline has passed"));
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                    fail(new CarafeException.Cancelled("the caller cancelled it"));
                }
            }
        }
        return interrupted;
    }

    /** False when the deadline has passed. */
    private static boolean join(Thread thread, Deadline deadline) throws InterruptedException {
        TimeUnit.NANOSECONDS.timedJoin(thread, deadline.remainingNanos());
        return !thread.isAlive() || !deadline.expired();
    }
}
