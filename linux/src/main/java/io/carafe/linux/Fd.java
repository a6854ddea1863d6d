package io.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A file descriptor that this process owns: a pipe, a socket, a terminal, a pidfd.
 *
 * <p>Nothing here blocks a carrier thread. An fd that is read or written here must be {@linkplain #nonBlocking non-blocking};
 * whoever finds it empty or full parks in {@link #awaitReadable} or {@link #awaitWritable} until the one epoll thread
 * wakes it. At most one thread waits in each direction. Closing wakes both.
 */
public final class Fd implements AutoCloseable {

    /** What {@link #read} and {@link #write} answer when the call would have blocked. */
    public static final int WOULD_BLOCK = -2;

    private static final int LARGEST_TRANSFER = 64 * 1024;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int O_NONBLOCK = 0x800;

    private static final CFunction CLOSE = CFunction.returningInt("close");
    private static final CFunction FCNTL = CFunction.returningInt("fcntl");
    private static final CFunction READ = CFunction.returningLong("read");
    private static final CFunction WRITE = CFunction.returningLong("write");

    private final int number;
    private final String name;
    /** Shared by users of the number, exclusive to close(): so that nobody works on a number that was given away again. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();

    private volatile boolean closed;
    final Poller.Entry polling = new Poller.Entry(this);

    private Fd(int number, String name) {
        this.number = number;
        this.name = name;
    }

    /** Takes ownership of an open descriptor; it should have been opened with O_CLOEXEC. */
    public static Fd own(int number) {
        return own(number, "fd " + number);
    }

    /** @param name what the messages call it, a path as a rule */
    public static Fd own(int number, String name) {
        return new Fd(number, name);
    }

    /** The number, for system calls and {@code /proc/self/fd}; it is only good as long as the owner keeps this open. */
    public int number() {
        return number;
    }

    public String name() {
        return name;
    }

    /**
     * Makes a call that does not block while no other thread can close this: the number can't come to mean another file.
     *
     * @throws ClosedFdException if it is closed already
     */
    public <T, E extends Exception> T whileOpen(Call<T, E> call) throws ClosedFdException, E {
        use.readLock().lock();
        try {
            if (closed) {
                throw new ClosedFdException(name);
            }
            return call.on(number);
        } finally {
            use.readLock().unlock();
        }
    }

    /** A system call on a descriptor. */
    @FunctionalInterface
    public interface Call<T, E extends Exception> {
        T on(int number) throws E;
    }

    /** Makes the open file description non-blocking, which every process that shares it will notice. */
    public Fd nonBlocking() throws SyscallException {
        long flags = fcntl(F_GETFL, 0);
        fcntl(F_SETFL, flags | O_NONBLOCK);
        return this;
    }

    /** Another descriptor of the same open file, numbered {@code atLeast} or above, closed on exec. */
    public Fd duplicate(int atLeast) throws SyscallException {
        return own(fcntl(F_DUPFD_CLOEXEC, atLeast));
    }

    /**
     * Reads what there is.
     *
     * @return the count of bytes, -1 at the end of the stream, {@link #WOULD_BLOCK} if there is nothing yet
     */
    public int read(byte[] into, int offset, int length) throws IOException {
        try (var arena = Arena.ofConfined()) {
            int size = Math.min(length, LARGEST_TRANSFER);
            var buffer = arena.allocate(size);
            int count = read(buffer, size);
            if (count > 0) {
                MemorySegment.copy(buffer, JAVA_BYTE, 0, into, offset, count);
            }
            return count == 0 && length > 0 ? -1 : count;
        }
    }

    /**
     * Reads what there is into native memory.
     *
     * @return the count of bytes, 0 at the end, {@link #WOULD_BLOCK} if there is nothing yet
     */
    public int read(MemorySegment into, long length) throws IOException {
        return transfer(READ, "read", into, length);
    }

    /**
     * Writes what fits.
     *
     * @return the count of bytes taken, or {@link #WOULD_BLOCK}
     */
    public int write(byte[] from, int offset, int length) throws IOException {
        try (var arena = Arena.ofConfined()) {
            int size = Math.min(length, LARGEST_TRANSFER);
            var buffer = arena.allocate(Math.max(size, 1));
            MemorySegment.copy(from, offset, buffer, JAVA_BYTE, 0, size);
            return write(buffer, size);
        }
    }

    /**
     * Writes what fits from native memory.
     *
     * @return the count of bytes taken, or {@link #WOULD_BLOCK}
     */
    public int write(MemorySegment from, long length) throws IOException {
        return transfer(WRITE, "write", from, length);
    }

    /** Writes all of it, waiting as often as needed. */
    public void writeFully(byte[] from, int offset, int length, Deadline deadline) throws IOException {
        int done = 0;
        while (done < length) {
            int count = write(from, offset + done, length - done);
            if (count != WOULD_BLOCK) {
                done += count;
            } else if (!awaitWritable(deadline)) {
                throw new CarafeException.DeadlineExceeded("write to " + name + ": the other side does not read");
            }
        }
    }

    /**
     * Waits until a read would not block: data, the end of the stream, an error, or, for a pidfd, the exit.
     *
     * @return false if the deadline passed first
     * @throws CarafeException.Cancelled if the thread is interrupted; its interrupt status stays set
     */
    public boolean awaitReadable(Deadline deadline) throws IOException {
        return Poller.await(polling, false, deadline);
    }

    /** As {@link #awaitReadable}, for writing. */
    public boolean awaitWritable(Deadline deadline) throws IOException {
        return Poller.await(polling, true, deadline);
    }

    /** Makes the current or next {@link #awaitReadable} return true although nothing may have arrived. */
    public void wakeReader() {
        polling.wakeReader();
    }

    /** Reads as a stream that waits without limit; closing it closes this. The end of a terminal (EIO) is its end. */
    public InputStream input() {
        return new FdStreams.Input(this);
    }

    /** Writes as a stream that waits without limit; closing it closes this. */
    public OutputStream output() {
        return new FdStreams.Output(this);
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        use.writeLock().lock();
        try (var arena = Arena.ofConfined()) {
            if (closed) {
                return;
            }
            closed = true;
            // before the number is free: a copy of it in a child would keep the registration alive
            polling.forget();
            // Linux frees the number whatever close() answers, so there is nothing to do about an error
            CLOSE.call(Native.errnoIn(arena), number);
        } catch (SyscallException e) {
            throw new IllegalStateException(e);
        } finally {
            use.writeLock().unlock();
        }
    }

    @Override
    public String toString() {
        return name;
    }

    private int transfer(CFunction function, String verb, MemorySegment buffer, long length) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            while (true) {
                long count = transferOnce(function, errno, buffer, length);
                if (count >= 0) {
                    return (int) count;
                }
                switch (Native.errno(errno)) {
                    case Errno.EAGAIN -> {
                        return WOULD_BLOCK;
                    }
                    case Errno.EINTR -> {}
                    default -> throw new SyscallException(verb, name, Native.errno(errno));
                }
            }
        }
    }

    private long transferOnce(CFunction function, MemorySegment errno, MemorySegment buffer, long length)
            throws IOException {
        use.readLock().lock();
        try {
            requireOpen();
            return function.call(errno, number, buffer.address(), length);
        } finally {
            Reference.reachabilityFence(buffer);
            use.readLock().unlock();
        }
    }

    private int fcntl(int command, long argument) throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            long result = FCNTL.call(errno, number, command, argument);
            if (result < 0) {
                throw new SyscallException("fcntl", name, Native.errno(errno));
            }
            return (int) result;
        }
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new ClosedFdException(name);
        }
    }

    /** The descriptor was closed by its owner, perhaps while somebody waited on it. */
    public static final class ClosedFdException extends IOException {
        private static final long serialVersionUID = 1L;

        ClosedFdException(String name) {
            super(name + " is closed");
        }
    }
}
