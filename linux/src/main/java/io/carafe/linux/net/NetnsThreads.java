package io.carafe.linux.net;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.CFunction;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A few platform threads that step into a network namespace, do something short there, and step out again.
 *
 * <p>{@code setns(2)} moves one thread, not the process, and a socket stays in the namespace it was made in. So a virtual
 * thread must never do it (it would move whatever else its carrier runs), and it is enough to make the socket inside:
 * connecting and talking go on anywhere.
 */
public final class NetnsThreads implements AutoCloseable {

    private static final int CLONE_NEWNET = 0x40000000;
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final String OWN = "/proc/thread-self/ns/net";

    private static final CFunction OPEN = CFunction.returningInt("open");
    private static final CFunction SETNS = CFunction.returningInt("setns");
    private static final CFunction CLOSE = CFunction.returningInt("close");

    private final ThreadPoolExecutor threads;

    /** @param limit how many threads there are at most; idle ones end after a while */
    public NetnsThreads(int limit) {
        threads = new ThreadPoolExecutor(
                limit,
                limit,
                20,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("netns-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /** What is done inside a namespace. It must be short, and leave nothing bound to its thread. */
    @FunctionalInterface
    public interface Task<T> {
        T run() throws IOException;
    }

    /**
     * Runs {@code task} in the namespace that the file {@code netns} stands for ({@code /proc/PID/ns/net} or a bind
     * mount of one).
     *
     * @throws IOException what the task throws, or a {@link SyscallException} if the namespace cannot be entered
     */
    public <T> T call(Path netns, Task<T> task, Deadline deadline) throws IOException {
        var inside = new FutureTask<>(() -> runInside(netns, task));
        // execute, not submit: a thread that cannot come back must die of its error instead of being used again
        threads.execute(() -> {
            inside.run();
            dieIfLost(inside);
        });
        try {
            return inside.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            inside.cancel(true);
            throw new CarafeException.DeadlineExceeded(
                    "enter network namespace " + netns + ": the deadline has passed");
        } catch (InterruptedException e) {
            inside.cancel(true);
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("enter network namespace " + netns + ": the caller cancelled it");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case Error error -> throw error;
                default -> throw new IOException(e.getCause());
            }
        }
    }

    /**
     * A TCP connection to {@code target} as a process in the namespace would make it.
     *
     * @throws IOException as {@link java.net.ConnectException} if nobody listens there
     */
    public SocketChannel connect(Path netns, InetSocketAddress target, Deadline deadline) throws IOException {
        var family = target.getAddress() instanceof Inet4Address
                ? StandardProtocolFamily.INET
                : StandardProtocolFamily.INET6;
        var channel = call(netns, () -> SocketChannel.open(family), deadline);
        try {
            // 0 would mean to wait forever
            channel.socket().connect(target, Math.max(1, deadline.remainingMillis()));
            return channel;
        } catch (SocketTimeoutException e) {
            channel.close();
            throw new CarafeException.DeadlineExceeded(
                    "connect to " + target + " in " + netns + ": no answer before the deadline");
        } catch (ClosedByInterruptException e) {
            throw new CarafeException.Cancelled("connect to " + target + " in " + netns + ": the caller cancelled it");
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private static <T> T runInside(Path netns, Task<T> task) throws IOException {
        try (var own = NamespaceFd.open(OWN);
                var target = NamespaceFd.open(netns.toString())) {
            target.enter();
            try {
                return task.run();
            } finally {
                returnTo(own);
            }
        }
    }

    private static void returnTo(NamespaceFd own) {
        try {
            own.enter();
        } catch (SyscallException e) {
            throw new LostThread(e);
        }
    }

    private static void dieIfLost(FutureTask<?> done) {
        if (done.state() == FutureTask.State.FAILED && done.exceptionNow() instanceof LostThread lost) {
            throw lost;
        }
    }

    /** The thread is in a namespace that it cannot leave. */
    private static final class LostThread extends Error {
        private static final long serialVersionUID = 1L;

        LostThread(Throwable cause) {
            super("thread " + Thread.currentThread().getName() + " cannot leave a network namespace", cause);
        }
    }

    private record NamespaceFd(String path, int fd) implements AutoCloseable {

        static NamespaceFd open(String path) throws SyscallException {
            try (var arena = Arena.ofConfined()) {
                var errno = Native.errnoIn(arena);
                var fd = (int) OPEN.call(errno, Native.string(arena, path), O_RDONLY_CLOEXEC);
                if (fd < 0) {
                    throw new SyscallException("open network namespace", path, Native.errno(errno));
                }
                return new NamespaceFd(path, fd);
            }
        }

        void enter() throws SyscallException {
            try (var arena = Arena.ofConfined()) {
                var errno = Native.errnoIn(arena);
                if (SETNS.call(errno, fd, CLONE_NEWNET) < 0) {
                    throw new SyscallException("setns", path, Native.errno(errno));
                }
            }
        }

        @Override
        public void close() {
            try (var arena = Arena.ofConfined()) {
                // nothing to do about a failing close of a read-only descriptor
                CLOSE.call(Native.errnoIn(arena), fd);
            }
        }
    }
}
