package io.carafe.linux.dbus;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Arguments of a call as they go over the wire, little-endian, each at a multiple of its own size. */
public final class Body {

    /** A named value, the {@code (sv)} of which systemd's calls take arrays. */
    public record Property(String name, Value value) {}

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final StringBuilder signature = new StringBuilder();

    /** Arguments that are all strings. */
    public static Body of(String... texts) {
        var body = new Body();
        for (var text : texts) {
            body.text(text);
        }
        return body;
    }

    public Body text(String value) {
        signature.append('s');
        putText(value);
        return this;
    }

    public Body bool(boolean value) {
        signature.append('b');
        putUnsigned32(value ? 1 : 0);
        return this;
    }

    public Body properties(List<Property> properties) {
        signature.append("a(sv)");
        putArray(
                8,
                () -> properties.forEach(property -> {
                    align(8);
                    putText(property.name());
                    putVariant(property.value());
                }));
        return this;
    }

    /** An empty array of {@code type}. */
    public Body none(String type) {
        signature.append('a').append(type);
        putArray(type.startsWith("(") ? 8 : 4, () -> {});
        return this;
    }

    String signature() {
        return signature.toString();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    /** Appends another's bytes after the padding that a message has between header and body. */
    void append(byte[] other) {
        align(8);
        bytes.writeBytes(other);
    }

    void putByte(int value) {
        bytes.write(value);
    }

    void putUnsigned32(int value) {
        align(4);
        putNumber(value, 4);
    }

    void putText(String value) {
        var text = value.getBytes(StandardCharsets.UTF_8);
        putUnsigned32(text.length);
        bytes.writeBytes(text);
        bytes.write(0);
    }

    void putSignature(String value) {
        bytes.write(value.length());
        bytes.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
        bytes.write(0);
    }

    /** One field of a header: its code, and a variant of a string, object path or signature. */
    void putField(int code, String type, String value) {
        align(8);
        putByte(code);
        putSignature(type);
        if (type.equals("g")) {
            putSignature(value);
        } else {
            putText(value);
        }
    }

    /** The length stands before the elements and counts neither itself nor the padding up to the first. */
    void putArray(int alignment, Runnable elements) {
        align(4);
        int lengthAt = bytes.size();
        putNumber(0, 4);
        align(alignment);
        int from = bytes.size();
        elements.run();
        var all = bytes.toByteArray();
        int length = all.length - from;
        for (int i = 0; i < 4; i++) {
            all[lengthAt + i] = (byte) (length >>> (8 * i));
        }
        bytes.reset();
        bytes.writeBytes(all);
    }

    private void putVariant(Value value) {
        putSignature(value.signature());
        switch (value) {
            case Value.Text text -> putText(text.value());
            case Value.Bool bool -> putUnsigned32(bool.value() ? 1 : 0);
            case Value.Unsigned64 number -> {
                align(8);
                putNumber(number.value(), 8);
            }
            case Value.Unsigned32s numbers -> putArray(4, () -> numbers.values().forEach(this::putUnsigned32));
            case Value.Bytes some -> putArray(1, () -> some.values().forEach(this::putByte));
        }
    }

    private void putNumber(long value, int size) {
        for (int i = 0; i < size; i++) {
            bytes.write((int) (value >>> (8 * i)));
        }
    }

    private void align(int boundary) {
        while (bytes.size() % boundary != 0) {
            bytes.write(0);
        }
    }
}
