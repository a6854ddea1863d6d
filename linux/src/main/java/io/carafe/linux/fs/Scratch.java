package io.carafe.linux.fs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.carafe.linux.Errno;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Native memory for the arguments of one system call. Scratches are pooled, since unpacking an image makes hundreds of
 * thousands of calls and an arena for each would cost more than the calls.
 */
final class Scratch implements AutoCloseable {

    /** PATH_MAX of the kernel, the terminating zero included. */
    static final int PATH_SIZE = 4096;

    static final int BUFFER_SIZE = 64 * 1024;

    private static final int STAT_SIZE = 256;
    private static final int KEPT = 32;
    private static final ConcurrentLinkedQueue<Scratch> POOL = new ConcurrentLinkedQueue<>();
    private static final AtomicInteger POOLED = new AtomicInteger();

    final MemorySegment errno;
    private final MemorySegment path;
    private final MemorySegment otherPath;
    final MemorySegment struct;
    final MemorySegment buffer;

    private Scratch() {
        var arena = Arena.ofAuto(); // a scratch that does not go back to the pool is garbage
        errno = Native.errnoIn(arena);
        path = arena.allocate(PATH_SIZE);
        otherPath = arena.allocate(PATH_SIZE);
        struct = arena.allocate(STAT_SIZE, 8);
        buffer = arena.allocate(BUFFER_SIZE, 8);
    }

    static Scratch take() {
        var pooled = POOL.poll();
        if (pooled == null) {
            return new Scratch();
        }
        POOLED.decrementAndGet();
        return pooled;
    }

    /**
     * Writes a path as a C string.
     *
     * @return where it is, until the next one is written
     *
     * @throws SyscallException ENAMETOOLONG, as the kernel would say
     */
    long path(String value) throws SyscallException {
        return store(path, value);
    }

    long otherPath(String value) throws SyscallException {
        return store(otherPath, value);
    }

    int errno() {
        return Native.errno(errno);
    }

    @Override
    public void close() {
        if (POOLED.incrementAndGet() <= KEPT) {
            POOL.add(this);
        } else {
            POOLED.decrementAndGet();
        }
    }

    private static long store(MemorySegment target, String value) throws SyscallException {
        var bytes = FileNames.encode(value);
        if (bytes.length >= PATH_SIZE) {
            throw new SyscallException("path", value, Errno.ENAMETOOLONG);
        }
        for (byte b : bytes) {
            if (b == 0) {
                throw new SyscallException("path with a NUL character", value.replace("\0", "\\0"), Errno.EINVAL);
            }
        }
        MemorySegment.copy(bytes, 0, target, JAVA_BYTE, 0, bytes.length);
        target.set(JAVA_BYTE, bytes.length, (byte) 0);
        return target.address();
    }
}
