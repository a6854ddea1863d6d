package io.carafe.base;

/** Waiting that an interrupt does not cut short: it is put off until the wait is over. */
public final class Uninterrupted {

    private Uninterrupted() {}

    /** Returns when the thread has ended. */
    public static void join(Thread thread) {
        boolean interrupted = Thread.interrupted();
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
