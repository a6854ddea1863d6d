package io.carafe.nri.ttrpc;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads the frames of a socket. */
final class FrameReader {

    static final int HEADER = 8;
    private static final int LARGEST = Message.HEADER + Message.LARGEST_DATA;

    /** What one connection was sent. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, compared by nobody
    record Frame(int connection, byte[] bytes) {}

    private final DataInputStream in;

    FrameReader(InputStream trunk) {
        this.in = new DataInputStream(trunk);
    }

    /**
     * The next frame, or nothing if the other side has closed the socket between two.
     *
     * @throws MalformedException if a frame claims too much, before any of it is read
     */
    Optional<Frame> next() throws IOException {
        int first = in.read();
        if (first < 0) {
            return Optional.empty();
        }
        int connection = first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int length = in.readInt();
        if (length < 0 || length > LARGEST) {
            throw new MalformedException("a frame claims " + Integer.toUnsignedString(length) + " bytes, more than the "
                    + LARGEST + " that one can have");
        }
        var bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the socket was closed within a frame");
        }
        return Optional.of(new Frame(connection, bytes));
    }
}
