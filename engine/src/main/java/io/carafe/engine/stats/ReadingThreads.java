package io.carafe.engine.stats;

import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Platform threads for readings that may hang in the kernel. Idle ones end. */
final class ReadingThreads implements AutoCloseable {

    /** Of one caller: reading is mostly the kernel's work, and containers need the processors. */
    static final int PARALLEL = 2;

    /** Of all, those included that hang. */
    private static final int MOST = 32;

    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0,
            MOST,
            20,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("stats-", 0).factory());

    /** @throws java.util.concurrent.RejectedExecutionException if all are busy, or closed */
    void start(Runnable work) {
        threads.execute(work);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
