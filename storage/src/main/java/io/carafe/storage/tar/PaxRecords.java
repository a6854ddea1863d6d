package io.carafe.storage.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.carafe.linux.fs.FileNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The records of one PAX extended header (POSIX.1-2017, pax, "Extended Header"): {@code length key=value\n}. Values are
 * bytes: those of SCHILY.xattr are binary.
 */
final class PaxRecords {

    static final PaxRecords NONE = new PaxRecords();

    private static final String XATTR = "SCHILY.xattr.";
    private static final byte[] NO_BYTES = {};

    private final Map<String, byte[]> values = new HashMap<>();
    private final Map<String, byte[]> xattrs = new HashMap<>();

    /** Offsets and lengths of the sparse format 0.0, which repeats its keys. */
    private final List<Long> sparsePieces = new ArrayList<>();

    private PaxRecords() {}

    static PaxRecords parse(byte[] data) throws TarFormatException {
        var records = new PaxRecords();
        for (int at = 0; at < data.length && data[at] != 0; ) {
            int space = indexOf(data, at, (byte) ' ');
            long length = decimal(new String(data, at, space - at, ISO_8859_1), "PAX record length");
            long end = at + length;
            if (length > data.length || end > data.length || end <= space + 2 || data[(int) end - 1] != '\n') {
                throw new TarFormatException("PAX record at byte " + at + " has a wrong length: " + length);
            }
            int equals = indexOf(data, space, (byte) '=');
            if (equals >= end) {
                throw new TarFormatException("PAX record at byte " + at + " has no '='");
            }
            var key = new String(data, space + 1, equals - space - 1, ISO_8859_1);
            records.add(key, Arrays.copyOfRange(data, equals + 1, (int) end - 1));
            at = (int) end;
        }
        return records;
    }

    /** A path; null if there is no such record. */
    String path(String key) throws TarFormatException {
        var value = values.get(key);
        if (value == null || value.length == 0) {
            return null;
        }
        if (indexOfNul(value) >= 0) {
            throw new TarFormatException("PAX record " + key + " has a NUL character");
        }
        return FileNames.decode(value);
    }

    /** A number that is not negative. */
    long number(String key, long otherwise) throws TarFormatException {
        var value = values.get(key);
        return value == null || value.length == 0
                ? otherwise
                : decimal(new String(value, ISO_8859_1), "PAX record " + key);
    }

    boolean has(String key) {
        return values.getOrDefault(key, NO_BYTES).length > 0;
    }

    String text(String key) {
        return new String(values.getOrDefault(key, NO_BYTES), ISO_8859_1);
    }

    Map<String, byte[]> xattrs() {
        return xattrs;
    }

    List<Long> sparsePieces() {
        return sparsePieces;
    }

    private void add(String key, byte[] value) throws TarFormatException {
        switch (key) {
            case "GNU.sparse.offset", "GNU.sparse.numbytes" ->
                sparsePieces.add(decimal(new String(value, ISO_8859_1), "PAX record " + key));
            default -> {
                if (key.startsWith(XATTR)) {
                    xattrs.put(key.substring(XATTR.length()), value);
                } else {
                    values.put(key, value);
                }
            }
        }
    }

    static long decimal(String text, String what) throws TarFormatException {
        boolean digits = !text.isEmpty() && text.length() <= 19;
        for (int i = 0; digits && i < text.length(); i++) {
            digits = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        try {
            if (digits) {
                return Long.parseLong(text);
            }
        } catch (NumberFormatException tooLarge) {
            // said below
        }
        throw new TarFormatException(what + " is not a number from 0 to 2^63-1: " + printable(text));
    }

    static String printable(String text) {
        var start = text.length() > 40 ? text.substring(0, 40) + "…" : text;
        return start.replaceAll("\\p{Cntrl}", "?");
    }

    private static int indexOf(byte[] data, int from, byte wanted) throws TarFormatException {
        for (int i = from; i < data.length; i++) {
            if (data[i] == wanted) {
                return i;
            }
        }
        throw new TarFormatException("PAX record at byte " + from + " does not have the form 'length key=value'");
    }

    private static int indexOfNul(byte[] value) {
        for (int i = 0; i < value.length; i++) {
            if (value[i] == 0) {
                return i;
            }
        }
        return -1;
    }
}
