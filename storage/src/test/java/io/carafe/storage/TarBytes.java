package io.carafe.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.carafe.linux.fs.FileNames;
import io.carafe.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;

/** Writes archives byte by byte, so that the hostile ones can be had too. */
final class TarBytes {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Map<String, byte[]> pax = new TreeMap<>();
    private int mode = 0644;
    private int uid;
    private int gid;
    private long mtime = 1_700_000_000L;

    TarBytes owner(int newUid, int newGid) {
        uid = newUid;
        gid = newGid;
        return this;
    }

    TarBytes mode(int newMode) {
        mode = newMode;
        return this;
    }

    TarBytes mtime(long seconds) {
        mtime = seconds;
        return this;
    }

    /** A PAX record for the next member. */
    TarBytes pax(String key, byte[] value) {
        pax.put(key, value);
        return this;
    }

    TarBytes pax(String key, String value) {
        return pax(key, FileNames.encode(value));
    }

    TarBytes file(String name, String content) {
        return file(name, content.getBytes(UTF_8));
    }

    TarBytes file(String name, byte[] content) {
        return member('0', name, "", content, 0, 0);
    }

    TarBytes directory(String name) {
        return member('5', name, "", new byte[0], 0, 0);
    }

    TarBytes symlink(String name, String target) {
        return member('2', name, target, new byte[0], 0, 0);
    }

    TarBytes hardLink(String name, String target) {
        return member('1', name, target, new byte[0], 0, 0);
    }

    TarBytes node(char type, String name, int major, int minor) {
        return member(type, name, "", new byte[0], major, minor);
    }

    TarBytes member(char type, String name, String link, byte[] content, int major, int minor) {
        writePax();
        var header = header(type, name, link, content.length, major, minor);
        return raw(seal(header)).raw(content).pad();
    }

    /** A header with its checksum set and nothing behind it. */
    TarBytes headerOnly(char type, String name, byte[] sizeField) {
        writePax();
        var header = header(type, name, "", 0, 0, 0);
        System.arraycopy(sizeField, 0, header, 124, sizeField.length);
        return raw(seal(header));
    }

    TarBytes raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    TarBytes pad() {
        out.writeBytes(new byte[-out.size() & 511]);
        return this;
    }

    /** The archive with its end. */
    byte[] end() {
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    /** The archive so far. */
    byte[] bytes() {
        return out.toByteArray();
    }

    static InputStream stream(byte[] tar) {
        return new ByteArrayInputStream(tar);
    }

    static Digest digest(byte[] tar) {
        return Digest.sha256(tar);
    }

    byte[] header(char type, String name, String link, long size, int major, int minor) {
        var header = new byte[512];
        put(header, 0, 100, FileNames.encode(name));
        octal(header, 100, 8, mode);
        octal(header, 108, 8, uid);
        octal(header, 116, 8, gid);
        octal(header, 124, 12, size);
        octal(header, 136, 12, mtime);
        header[156] = (byte) type;
        put(header, 157, 100, FileNames.encode(link));
        put(header, 257, 8, "ustar\00000".getBytes(ISO_8859_1));
        octal(header, 329, 8, major);
        octal(header, 337, 8, minor);
        return header;
    }

    static byte[] seal(byte[] header) {
        put(header, 148, 8, "        ".getBytes(ISO_8859_1));
        long sum = 0;
        for (byte b : header) {
            sum += b & 0xFF;
        }
        put(header, 148, 8, String.format("%06o\0 ", sum).getBytes(ISO_8859_1));
        return header;
    }

    static void octal(byte[] header, int offset, int length, long value) {
        put(
                header,
                offset,
                length,
                String.format("%0" + (length - 1) + "o", value).getBytes(ISO_8859_1));
    }

    private void writePax() {
        if (pax.isEmpty()) {
            return;
        }
        var records = new ByteArrayOutputStream();
        pax.forEach((key, value) -> records.writeBytes(record(key, value)));
        pax.clear();
        raw(seal(header('x', "PaxHeaders/x", "", records.size(), 0, 0)));
        raw(records.toByteArray()).pad();
    }

    static byte[] record(String key, byte[] value) {
        int length = key.length() + value.length + 3;
        int total = length + Integer.toString(length).length();
        total = length + Integer.toString(total).length();
        var record = new ByteArrayOutputStream();
        record.writeBytes((total + " " + key + "=").getBytes(ISO_8859_1));
        record.writeBytes(value);
        record.write('\n');
        return record.toByteArray();
    }

    private static void put(byte[] header, int offset, int length, byte[] value) {
        System.arraycopy(value, 0, header, offset, Math.min(length, value.length));
    }
}
