package io.carafe.nri.ttrpc;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Writes messages as frames, cut as the Go library cuts its own.
 *
 * <p>That is not a matter of taste: its reader takes a whole frame with one read into a buffer of 4096 bytes, unless it
 * waits for at least as much of a message's data, and fails with ENOMEM on a frame that does not fit. So a message's first
 * frame has at most 4096 bytes, and the rest is one frame, however long: more would overflow the 256 frames that it queues.
 */
final class FrameWriter {

    private static final int FIRST_FRAME = 4096;

    private final DataOutputStream out;

    FrameWriter(OutputStream trunk) {
        this.out = new DataOutputStream(trunk);
    }

    void write(int connection, byte[] message) throws IOException {
        int first = Math.min(message.length, FIRST_FRAME);
        writeFrame(connection, message, 0, first);
        if (first < message.length) {
            writeFrame(connection, message, first, message.length - first);
        }
        out.flush();
    }

    private void writeFrame(int connection, byte[] bytes, int offset, int length) throws IOException {
        var header = new byte[FrameReader.HEADER];
        ByteBuffer.wrap(header).putInt(connection).putInt(length);
        out.write(header);
        out.write(bytes, offset, length);
    }
}
