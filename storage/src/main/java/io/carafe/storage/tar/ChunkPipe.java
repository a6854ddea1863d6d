package io.carafe.storage.tar;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Carries an archive in large pieces from the thread that downloads, inflates and hashes it to the thread that writes
 * files, so that two cores share the work. The buffers go round: no garbage, and a slow disk holds the download back.
 */
public final class ChunkPipe {

    private static final int CHUNKS = 16;
    private static final int CHUNK_SIZE = 128 * 1024;

    /** A piece of the archive; a length of -1 marks its end. */
    private static final class Chunk {
        private final byte[] bytes;
        private final int length;

        private Chunk(byte[] bytes, int length) {
            this.bytes = bytes;
            this.length = length;
        }
    }

    private final BlockingQueue<Chunk> full = new ArrayBlockingQueue<>(CHUNKS + 2);
    private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(CHUNKS + 2);

    private Chunk current = new Chunk(new byte[0], 0);
    private int position;
    private volatile boolean readerDone;

    public ChunkPipe() {
        for (int i = 0; i < CHUNKS; i++) {
            empty.add(new byte[CHUNK_SIZE]);
        }
    }

    /** Writer: a buffer to fill; null once the reader wants no more. Waits for the reader to return one. */
    public byte[] buffer() throws InterruptedException {
        var buffer = empty.take();
        return readerDone ? null : buffer;
    }

    /** Writer: passes on a buffer from {@link #buffer()} with {@code length} bytes in it. */
    public void put(byte[] buffer, int length) {
        full.add(new Chunk(buffer, length));
    }

    /** Writer: there is no more. */
    public void end() {
        full.add(new Chunk(new byte[0], -1));
    }

    /** Reader: nothing more will be read; a waiting writer goes on. */
    public void stopReading() {
        readerDone = true;
        empty.offer(new byte[0]);
    }

    /** Reader: fills {@code target}; false if the archive ended before its first byte. */
    boolean readBlock(byte[] target) throws IOException {
        for (int done = 0; done < target.length; ) {
            if (!ready()) {
                if (done == 0) {
                    return false;
                }
                throw truncated();
            }
            int part = Math.min(target.length - done, current.length - position);
            System.arraycopy(current.bytes, position, target, done, part);
            position += part;
            done += part;
        }
        return true;
    }

    /** Reader: copies up to {@code limit} bytes, at least one, to native memory. */
    int read(MemorySegment target, long limit) throws IOException {
        if (!ready()) {
            throw truncated();
        }
        int part = (int) Math.min(limit, current.length - position);
        MemorySegment.copy(current.bytes, position, target, JAVA_BYTE, 0, part);
        position += part;
        return part;
    }

    /** Reader: passes over {@code count} bytes, which {@code tap} hears. */
    void skip(long count, TarTap tap) throws IOException {
        for (long left = count; left > 0; ) {
            int part = skipSome(left, tap);
            if (part == 0) {
                throw truncated();
            }
            left -= part;
        }
    }

    /** Reader: passes over up to {@code limit} bytes, at least one; 0 at the end of the archive. */
    int skipSome(long limit, TarTap tap) throws IOException {
        if (!ready()) {
            return 0;
        }
        int part = (int) Math.min(limit, current.length - position);
        tap.bytes(current.bytes, position, part);
        position += part;
        return part;
    }

    private boolean ready() throws IOException {
        while (position == current.length) { // never true again at the end, which has length -1
            if (current.bytes.length > 0) {
                empty.add(current.bytes);
            }
            try {
                current = full.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for the archive", e);
            }
            position = 0;
        }
        return current.length >= 0;
    }

    private static EOFException truncated() {
        return new EOFException("the archive ends in the middle of a member");
    }
}
