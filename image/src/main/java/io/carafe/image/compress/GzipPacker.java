package io.carafe.image.compress;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Gzip (RFC 1952), one member, its blocks deflated by all processors at once in the manner of pigz: each block begins with
 * the last 32 KiB before it as its dictionary. What comes out depends on the input alone, not on the machine or the timing.
 */
final class GzipPacker extends OutputStream {

    private static final int BLOCK = 256 << 10;
    private static final int WINDOW = 32 << 10;
    private static final int LEVEL = 6;

    /** Deflate, no name, no time, unknown system. */
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    private final OutputStream out;
    private final int parallel = Runtime.getRuntime().availableProcessors();
    private final ExecutorService workers = Executors.newFixedThreadPool(
            parallel, Thread.ofPlatform().daemon().name("gzip-", 0).factory());
    private final ArrayDeque<Future<byte[]>> blocks = new ArrayDeque<>();
    private final CRC32 crc = new CRC32();
    private long length;
    private byte[] block = new byte[BLOCK];
    private int filled;
    private byte[] before = new byte[0];
    private boolean closed;

    GzipPacker(OutputStream out) throws IOException {
        this.out = out;
        out.write(HEADER);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        crc.update(bytes, offset, count);
        length += count;
        for (int done = 0; done < count; ) {
            if (filled == BLOCK) {
                submit(false);
            }
            int piece = Math.min(count - done, BLOCK - filled);
            System.arraycopy(bytes, offset + done, block, filled, piece);
            filled += piece;
            done += piece;
        }
    }

    private void submit(boolean last) throws IOException {
        var input = block;
        int size = filled;
        var dictionary = before;
        before = Arrays.copyOfRange(input, Math.max(0, size - WINDOW), size);
        blocks.add(workers.submit(() -> deflate(input, size, dictionary, last)));
        block = new byte[last ? 0 : BLOCK];
        filled = 0;
        while (blocks.size() > 2 * parallel) {
            out.write(result(blocks.remove()));
        }
    }

    private static byte[] deflate(byte[] input, int size, byte[] dictionary, boolean last) {
        var deflater = new Deflater(LEVEL, true);
        try {
            if (dictionary.length > 0) {
                deflater.setDictionary(dictionary);
            }
            deflater.setInput(input, 0, size);
            if (last) {
                deflater.finish();
            }
            var result = new ByteArrayOutputStream(size / 2);
            var buffer = new byte[64 << 10];
            while (true) {
                int count = deflater.deflate(buffer, 0, buffer.length, last ? Deflater.NO_FLUSH : Deflater.SYNC_FLUSH);
                result.write(buffer, 0, count);
                if (last ? deflater.finished() : count < buffer.length) {
                    return result.toByteArray();
                }
            }
        } finally {
            deflater.end();
        }
    }

    private static byte[] result(Future<byte[]> block) throws IOException {
        try {
            return block.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            throw new IOException("gzip: " + e.getCause().getMessage(), e.getCause());
        }
    }

    /** Writes what is left, and the trailer. The stream beneath stays open. */
    void finish() throws IOException {
        submit(true);
        while (!blocks.isEmpty()) {
            out.write(result(blocks.remove()));
        }
        var trailer = new byte[8];
        for (int i = 0; i < 4; i++) {
            trailer[i] = (byte) (crc.getValue() >>> (8 * i));
            trailer[4 + i] = (byte) (length >>> (8 * i));
        }
        out.write(trailer);
    }

    /** Gives the threads back. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            workers.shutdownNow();
        }
    }
}
