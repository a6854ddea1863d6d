package io.carafe.cli.transport;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;

/**
 * An HTTP/2 frame (RFC 9113, 4.1).
 *
 * @param length of all behind the frame's header
 * @param content without padding and priority
 */
record Frame(int type, int flags, int stream, int length, ByteBuffer content) {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 0x1;
    static final int ACK = 0x1;
    static final int END_HEADERS = 0x4;
    private static final int PADDED = 0x8;
    private static final int PRIORITY = 0x20;

    /** The longest that either side may send; more would have to be agreed upon (4.2). */
    static final int LARGEST = 16_384;

    private static final int HEADER = 9;

    /** @throws ProtocolException if it is too long, as anything is that is not HTTP/2 */
    static Frame read(DataInputStream in) throws IOException {
        var length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        if (length > LARGEST) {
            throw new ProtocolException("a frame of " + length + " bytes: the server does not speak HTTP/2");
        }
        var type = in.readUnsignedByte();
        var flags = in.readUnsignedByte();
        var stream = in.readInt() & Integer.MAX_VALUE;
        var payload = new byte[length];
        in.readFully(payload);
        var start = 0;
        var end = length;
        if ((type == DATA || type == HEADERS) && (flags & PADDED) != 0 && end > 0) {
            start = 1;
            end -= Byte.toUnsignedInt(payload[0]);
        }
        if (type == HEADERS && (flags & PRIORITY) != 0) {
            start += 5;
        }
        if (start > end) {
            throw new ProtocolException("a frame of " + length + " bytes with more padding than that");
        }
        return new Frame(type, flags, stream, length, ByteBuffer.wrap(payload, start, end - start));
    }

    static ByteBuffer bytes(int type, int flags, int stream, byte... content) {
        return ByteBuffer.allocate(HEADER + content.length)
                .putInt((content.length << 8) | type)
                .put((byte) flags)
                .putInt(stream)
                .put(content)
                .flip();
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    boolean endsStream() {
        return (type == DATA || type == HEADERS) && has(END_STREAM);
    }

    /** The number that the content begins with, of 31 bits. */
    int number() throws ProtocolException {
        if (content.remaining() < Integer.BYTES) {
            throw new ProtocolException("a frame of type " + type + " with " + length + " bytes");
        }
        return content.getInt(content.position()) & Integer.MAX_VALUE;
    }

    byte[] copy() {
        var copy = new byte[content.remaining()];
        content.get(content.position(), copy);
        return copy;
    }
}
