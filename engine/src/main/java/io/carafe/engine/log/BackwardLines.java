package io.carafe.engine.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Where the lines of a file begin, the last one first, found without reading more than needed. */
final class BackwardLines {

    private static final int BLOCK = 64 * 1024;

    private final FileChannel channel;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK);
    private long blockStart;
    /** Everything from here on has been given. */
    private long end;

    BackwardLines(FileChannel channel, long end) {
        this.channel = channel;
        this.end = end;
        this.blockStart = end;
    }

    /** The start of the line before, or −1 if there is none. */
    long next() throws IOException {
        if (end <= 0) {
            return -1;
        }
        long at = end - 1; // the newline of the line itself
        while (at > 0 && byteAt(at - 1) != '\n') {
            at--;
        }
        end = at;
        return at;
    }

    private byte byteAt(long position) throws IOException {
        if (position < blockStart) {
            long start = Math.max(0, position + 1 - BLOCK);
            block.clear().limit((int) (position + 1 - start));
            while (block.hasRemaining() && channel.read(block, start + block.position()) > 0) {}
            blockStart = start;
        }
        return block.get((int) (position - blockStart));
    }
}
