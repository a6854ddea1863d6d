package io.carafe.nri.ttrpc;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Puts the messages of one connection together from its frames, whatever the cuts. */
final class MessageAssembler {

    /** What has arrived and is not a whole message yet: no more than one message and one frame. */
    private byte[] pending = new byte[Message.HEADER];

    private int size;

    /** @throws MalformedException if the other side breaks the protocol */
    List<Message> add(byte[] frame) throws MalformedException {
        append(frame);
        var messages = new ArrayList<Message>();
        int done = 0;
        while (size - done >= Message.HEADER) {
            var header = ByteBuffer.wrap(pending, done, Message.HEADER);
            int length = header.getInt();
            if (length < 0 || length > Message.LARGEST_DATA) {
                throw new MalformedException("a message claims " + Integer.toUnsignedString(length)
                        + " bytes, more than the " + Message.LARGEST_DATA + " that one can have");
            }
            int end = done + Message.HEADER + length;
            if (end > size) {
                break;
            }
            messages.add(new Message(
                    header.getInt(), header.get(), Arrays.copyOfRange(pending, done + Message.HEADER, end)));
            done = end;
        }
        drop(done);
        return messages;
    }

    private void append(byte[] frame) {
        if (size + frame.length > pending.length) {
            pending = Arrays.copyOf(pending, Math.max(size + frame.length, 2 * pending.length));
        }
        System.arraycopy(frame, 0, pending, size, frame.length);
        size += frame.length;
    }

    private void drop(int count) {
        if (count > 0) {
            pending = Arrays.copyOfRange(pending, count, Math.max(size, count + Message.HEADER));
            size -= count;
        }
    }
}
