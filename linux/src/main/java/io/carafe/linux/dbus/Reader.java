package io.carafe.linux.dbus;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads values from bytes that somebody else wrote. */
public final class Reader {

    private final ByteBuffer bytes;

    Reader(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A string or an object path. */
    public String text() {
        long length = unsigned32();
        return ended(length);
    }

    /** A variant that holds a string. */
    public String variantText() {
        var type = signature();
        if (!type.equals("s")) {
            throw Malformed.message("a variant of type " + type + " in place of a string");
        }
        return text();
    }

    /** An unsigned number of 32 bits. */
    public long unsigned32() {
        align(4);
        need(4);
        return Integer.toUnsignedLong(bytes.getInt());
    }

    String signature() {
        return ended(unsigned8());
    }

    int unsigned8() {
        need(1);
        return Byte.toUnsignedInt(bytes.get());
    }

    /** The position after the last element of an array that begins here; the reader then is at its first. */
    int arrayEnd(int alignment) {
        long length = unsigned32();
        align(alignment);
        need(length);
        return bytes.position() + (int) length;
    }

    int position() {
        return bytes.position();
    }

    void skip(int count) {
        need(count);
        bytes.position(bytes.position() + count);
    }

    void align(int boundary) {
        skip(-bytes.position() & (boundary - 1));
    }

    private String ended(long length) {
        need(length + 1);
        var text = new byte[(int) length];
        bytes.get(text);
        if (bytes.get() != 0) {
            throw Malformed.message("a string without its end");
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    private void need(long count) {
        if (count > bytes.remaining()) {
            throw Malformed.message("it ends within a value");
        }
    }
}
