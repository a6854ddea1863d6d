package io.carafe.cli.transport;

import io.grpc.Status;
import io.grpc.StatusException;
import java.nio.ByteBuffer;

/** Messages as gRPC frames them: a byte that says whether it is compressed, four with its length, and itself. */
final class Message {

    private static final int PREFIX = 5;

    private final int largest;
    private final ByteBuffer prefix = ByteBuffer.allocate(PREFIX);
    private ByteBuffer body;

    Message(int largest) {
        this.largest = largest;
    }

    static byte[] framed(byte[] message) {
        return ByteBuffer.allocate(PREFIX + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
    }

    /** Takes up what has come. @return the message that is complete by it, or null if more is needed */
    byte[] next(ByteBuffer data) throws StatusException {
        if (body == null) {
            move(data, prefix);
            if (prefix.hasRemaining()) {
                return null;
            }
            body = ByteBuffer.allocate(length());
        }
        move(data, body);
        if (body.hasRemaining()) {
            return null;
        }
        var message = body.array();
        prefix.clear();
        body = null;
        return message;
    }

    private int length() throws StatusException {
        var length = prefix.getInt(1);
        if (prefix.get(0) != 0) {
            throw Status.INTERNAL
                    .withDescription("a compressed answer, which was not asked for")
                    .asException();
        }
        if (length < 0 || length > largest) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("an answer of " + Integer.toUnsignedString(length) + " bytes, and at most "
                            + largest + " are taken")
                    .asException();
        }
        return length;
    }

    private static void move(ByteBuffer from, ByteBuffer to) {
        var count = Math.min(from.remaining(), to.remaining());
        to.put(to.position(), from, from.position(), count);
        from.position(from.position() + count);
        to.position(to.position() + count);
    }
}
