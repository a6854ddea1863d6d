package io.carafe.image.compress;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Gzip of any number of members, by ISA-L. As with the JDK's, garbage behind the last member is passed over. For one thread at a time. */
final class IsalGzipStream extends InputStream {

    private static final int IN = 64 * 1024;
    private static final int OUT = 256 * 1024;

    private final InputStream packed;
    private final Arena arena = Arena.ofShared();
    private final byte[] read = new byte[IN];
    private final MemorySegment in = arena.allocate(IN);
    private final MemorySegment out = arena.allocate(OUT);
    private final Isal.State state = new Isal.State(arena);
    private int position;
    private int filled;
    private boolean first = true;
    private boolean memberBegun;
    private boolean ended;
    private boolean closed;

    IsalGzipStream(InputStream packed) {
        this.packed = packed;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("closed");
        }
        if (length == 0) {
            return 0;
        }
        while (position == filled) {
            if (ended) {
                return -1;
            }
            position = 0;
            filled = 0;
            fill();
        }
        int count = Math.min(length, filled - position);
        MemorySegment.copy(out, ValueLayout.JAVA_BYTE, position, bytes, offset, count);
        position += count;
        return count;
    }

    /** Writes some output, or learns that there is no more. */
    private void fill() throws IOException {
        if (state.finished()) {
            first = false;
            memberBegun = false;
            state.nextMember();
        }
        if (state.inputLeft() == 0 && !refill()) {
            if (first || memberBegun) {
                // what is left inside the state may be output still
                filled = state.inflate(out);
                if (filled == 0 && !state.finished()) {
                    throw new EOFException("the gzip data is cut off");
                }
                return;
            }
            ended = true;
            return;
        }
        try {
            filled = state.inflate(out);
            memberBegun |= filled > 0;
        } catch (Isal.NoMember e) {
            if (first) {
                throw e;
            }
            ended = true;
        }
    }

    private boolean refill() throws IOException {
        int count = packed.read(read, 0, IN);
        if (count <= 0) {
            return false;
        }
        MemorySegment.copy(read, 0, in, ValueLayout.JAVA_BYTE, 0, count);
        state.input(in, count);
        return true;
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            arena.close();
            packed.close();
        }
    }
}
