package io.carafe.linux.process;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.Errno;
import io.carafe.linux.Fd;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.time.Duration;

/**
 * Carries what a child writes to a sink, on a virtual thread, until the end of the stream; or, once {@link #drain} says
 * that the child has ended, until the pipe is empty: a grandchild that keeps the pipe open is not waited for.
 *
 * <p>Closes the descriptor at its end, and at once when the sink fails, so that the child feels a broken pipe.
 */
public final class Pump {

    /** Where the bytes go. It may throw to say that nobody wants them any more. */
    @FunctionalInterface
    public interface Sink {
        void accept(byte[] bytes, int count) throws IOException;
    }

    private static final int BUFFER = 32 * 1024;

    private final Fd from;
    private final Sink to;
    private final Thread thread;
    private volatile boolean ended;

    private Pump(String name, Fd from, Sink to) {
        this.from = from;
        this.to = to;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    /** Takes over a non-blocking descriptor. */
    public static Pump start(String name, Fd from, Sink to) {
        var pump = new Pump(name, from, to);
        pump.thread.start();
        return pump;
    }

    /**
     * The child has ended: takes what it left in the pipe and stops.
     *
     * @return false if the sink did not take it all in time; the pump was stopped anyway
     */
    public boolean drain(Deadline deadline) {
        ended = true;
        from.wakeReader();
        try {
            if (thread.join(Duration.ofNanos(Math.max(1, deadline.remainingNanos())))) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stop();
        return false;
    }

    /** Stops without regard for what is still on its way. */
    public void stop() {
        thread.interrupt();
        from.close();
    }

    private void run() {
        var buffer = new byte[BUFFER];
        try (from) {
            while (true) {
                boolean last = ended; // read before the pipe: what comes after its end is not the child's
                int count = from.read(buffer, 0, buffer.length);
                if (count > 0) {
                    to.accept(buffer, count);
                } else if (count != Fd.WOULD_BLOCK || last) {
                    return;
                } else {
                    from.awaitReadable(Deadline.none());
                }
            }
        } catch (SyscallException e) {
            if (e.errno() != Errno.EIO) { // EIO: the last process on a terminal is gone
                throw new CarafeException.Internal("read output: " + e.getMessage(), e);
            }
        } catch (IOException | CarafeException.Cancelled e) {
            // closed under us, or the sink is gone: there is nobody left to tell
        }
    }
}
