package io.carafe.streaming;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bytes on their way from an event loop, which must not wait, to a thread that reads them.
 *
 * <p>Its bound is kept by whoever delivers, who learns through {@link Pressure} what waits here.
 */
public final class BytePipe extends InputStream {

    /** What a chunk costs beside its bytes. Without it, a flood of one-byte chunks would go unnoticed. */
    private static final int CHUNK_COST = 64;

    /** Keeps account of memory. Called with the pipe locked: must neither block nor call back. */
    public interface Pressure {
        void arrived(int bytes);

        void taken(int bytes);
    }

    private final Pressure pressure;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private int headOffset;
    private long size;
    private boolean ended;
    private boolean readerLeft;
    private IOException failure;

    public BytePipe(Pressure pressure) {
        this.pressure = pressure;
    }

    /** Adds bytes, which the caller must not touch again. Never waits. Ignored once nobody will read them. */
    public void offer(byte[] bytes) {
        lock.lock();
        try {
            if (readerLeft || ended || bytes.length == 0) {
                return;
            }
            chunks.add(bytes);
            size += bytes.length;
            pressure.arrived(bytes.length + CHUNK_COST);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** No more bytes will come; what is here can still be read. */
    public void end() {
        finish(null);
    }

    /** The connection broke: what is here can still be read, then reading fails. */
    public void fail(IOException cause) {
        finish(Objects.requireNonNull(cause));
    }

    private void finish(IOException cause) {
        lock.lock();
        try {
            if (!ended) {
                ended = true;
                failure = cause;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    /** Waits for bytes. Interruption throws {@link InterruptedIOException}. */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        lock.lock();
        try {
            while (size == 0 && !ended && !readerLeft) {
                changed.await();
            }
            if (readerLeft) {
                throw new IOException("read from a closed stream");
            }
            if (size > 0) {
                return take(target, offset, length);
            }
            if (failure != null) {
                throw new IOException(failure.getMessage(), failure);
            }
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the client's input");
        } finally {
            lock.unlock();
        }
    }

    private int take(byte[] target, int offset, int length) {
        int taken = 0;
        while (taken < length && !chunks.isEmpty()) {
            var head = chunks.peek();
            var n = Math.min(length - taken, head.length - headOffset);
            System.arraycopy(head, headOffset, target, offset + taken, n);
            taken += n;
            headOffset += n;
            if (headOffset == head.length) {
                drop(chunks.remove());
                headOffset = 0;
            }
        }
        size -= taken;
        return taken;
    }

    private void drop(byte[] chunk) {
        pressure.taken(chunk.length + CHUNK_COST);
    }

    @Override
    public int available() {
        lock.lock();
        try {
            return (int) Math.min(Integer.MAX_VALUE, size);
        } finally {
            lock.unlock();
        }
    }

    /** The reader wants no more; what comes is dropped, so that it does not hold up the connection. */
    @Override
    public void close() {
        lock.lock();
        try {
            readerLeft = true;
            chunks.forEach(this::drop);
            chunks.clear();
            size = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
