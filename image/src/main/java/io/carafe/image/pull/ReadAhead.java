package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.base.Uninterrupted;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Reads a stream on a thread of its own, a few buffers ahead: so a layer is decompressed on one core while it is written
 * on another. The thread is a platform one, since decompression would keep a virtual thread's carrier busy.
 */
final class ReadAhead extends InputStream {

    private static final int BUFFERS = 4;
    private static final int SIZE = 256 * 1024;

    /** @param length negative at the end; {@code failure} says of what kind it is, null for a good one */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    private record Chunk(byte[] bytes, int length, Throwable failure) {}

    private final InputStream source;
    private final Thread thread;
    private final BlockingQueue<Chunk> full = new ArrayBlockingQueue<>(BUFFERS + 1);
    private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(BUFFERS);
    private Chunk current;
    private int position;

    /** @param source closed with this stream */
    ReadAhead(InputStream source, String name) {
        this.source = source;
        for (int i = 0; i < BUFFERS; i++) {
            free.add(new byte[SIZE]);
        }
        thread = Thread.ofPlatform().daemon().name(name).start(this::pump);
    }

    private void pump() {
        Throwable failure = null;
        try {
            while (true) {
                var buffer = free.take();
                int length = source.readNBytes(buffer, 0, buffer.length);
                if (length == 0) {
                    break;
                }
                full.add(new Chunk(buffer, length, null));
            }
        } catch (InterruptedException e) {
            failure = new CarafeException.Cancelled("layer: cancelled");
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        }
        full.add(new Chunk(null, -1, failure));
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (current == null || position == current.length()) {
            next();
        }
        if (current.length() < 0) {
            return end(current.failure());
        }
        int count = Math.min(length, current.length() - position);
        System.arraycopy(current.bytes(), position, bytes, offset, count);
        position += count;
        return count;
    }

    private void next() {
        if (current != null) {
            free.add(current.bytes());
            current = null;
        }
        try {
            current = full.take();
            position = 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("layer: cancelled");
        }
    }

    private static int end(Throwable failure) throws IOException {
        return switch (failure) {
            case null -> -1;
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IOException(failure);
        };
    }

    /** Returns when the thread has ended. */
    @Override
    public void close() throws IOException {
        thread.interrupt();
        Uninterrupted.join(thread);
        source.close();
    }
}
