package io.carafe.linux.fs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * File names as strings without loss. A name on Linux is bytes, mostly UTF-8 but not always; a byte that is not part of
 * valid UTF-8 becomes one of U+DC80 to U+DCFF, which valid UTF-8 never gives, and turns back into the same byte. This is
 * the {@code surrogateescape} of Python (PEP 383).
 */
public final class FileNames {

    private static final char ESCAPE = '\uDC00';

    private FileNames() {}

    public static String decode(byte[] name, int offset, int length) {
        if (isAscii(name, offset, length)) {
            return new String(name, offset, length, ISO_8859_1);
        }
        var text = new String(name, offset, length, UTF_8);
        return text.indexOf('\uFFFD') < 0 ? text : decodeEscaping(name, offset, length);
    }

    public static String decode(byte[] name) {
        return decode(name, 0, name.length);
    }

    public static byte[] encode(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (Character.isSurrogate(name.charAt(i))) {
                return encodeEscaped(name);
            }
        }
        return name.getBytes(UTF_8);
    }

    private static boolean isAscii(byte[] name, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            if (name[i] < 0) {
                return false;
            }
        }
        return true;
    }

    private static String decodeEscaping(byte[] name, int offset, int length) {
        var text = new StringBuilder(length);
        int end = offset + length;
        for (int i = offset; i < end; ) {
            int sequence = sequenceLength(name, i, end);
            if (sequence == 0) {
                text.append((char) (ESCAPE + (name[i] & 0xFF)));
                i++;
            } else {
                text.append(new String(name, i, sequence, UTF_8));
                i += sequence;
            }
        }
        return text.toString();
    }

    /** Length of the valid UTF-8 sequence at {@code index}; zero if there is none. */
    private static int sequenceLength(byte[] name, int index, int end) {
        int first = name[index] & 0xFF;
        int length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        if (index + length > end) {
            return 0;
        }
        var sequence = Arrays.copyOfRange(name, index, index + length);
        var text = new String(sequence, UTF_8);
        return Arrays.equals(text.getBytes(UTF_8), sequence) ? length : 0;
    }

    private static byte[] encodeEscaped(String name) {
        var bytes = new ByteArrayOutputStream(name.length() + 8);
        for (int i = 0; i < name.length(); ) {
            int point = name.codePointAt(i);
            if (point >= ESCAPE + 0x80 && point <= ESCAPE + 0xFF) {
                bytes.write(point - ESCAPE);
            } else {
                bytes.writeBytes(Character.toString(point).getBytes(UTF_8));
            }
            i += Character.charCount(point);
        }
        return bytes.toByteArray();
    }
}
