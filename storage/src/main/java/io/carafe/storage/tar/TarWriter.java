package io.carafe.storage.tar;

import io.carafe.linux.fs.FileNames;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.Stat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Writes a tar in the pax form (POSIX.1-2001): what does not fit into a ustar header stands in records before it. */
public final class TarWriter implements AutoCloseable {

    private static final int BLOCK = 512;
    private static final int BUFFER = 64 * 1024;
    private static final int LONGEST_NAME = 100;
    private static final long LARGEST_ID = 07777777;
    private static final long LARGEST_SIZE = 077777777777L;

    private final OutputStream out;

    /** @param out is closed with this */
    public TarWriter(OutputStream out) {
        this.out = out;
    }

    /** A regular file of root's that nobody else may read. */
    public void file(String path, byte[] content) throws IOException {
        var stat = new Stat(
                Stat.REGULAR | 0600, 0, 0, 1, 0, content.length, 0, System.currentTimeMillis() / 1000, 0, 0, 0, false);
        header(path, '0', stat, "", Map.of());
        out.write(content);
        pad(content.length);
    }

    /**
     * A regular file with its content, cut or filled with zeros should it change meanwhile.
     *
     * @param attributes extended attributes by name
     */
    public void file(String path, Stat stat, Map<String, byte[]> attributes, OpenFile content) throws IOException {
        header(path, '0', stat, "", attributes);
        long left = stat.size();
        var bytes = new byte[BUFFER];
        try (var arena = Arena.ofConfined()) {
            var memory = arena.allocate(BUFFER);
            while (left > 0) {
                int wanted = (int) Math.min(left, BUFFER);
                int got = content.read(memory, wanted);
                if (got <= 0) {
                    break;
                }
                MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, bytes, 0, got);
                out.write(bytes, 0, got);
                left -= got;
            }
        }
        for (; left > 0; left -= Math.min(left, BUFFER)) {
            out.write(new byte[BUFFER], 0, (int) Math.min(left, BUFFER));
        }
        pad(stat.size());
    }

    public void directory(String path, Stat stat, Map<String, byte[]> attributes) throws IOException {
        header(path + "/", '5', stat, "", attributes);
    }

    public void link(String path, Stat stat, String target) throws IOException {
        header(path, '2', stat, target, Map.of());
    }

    /** A further name of a member that was written under {@code first}. */
    public void hardLink(String path, Stat stat, String first) throws IOException {
        header(path, '1', stat, first, Map.of());
    }

    /** A device or a FIFO. */
    public void node(String path, Stat stat, Map<String, byte[]> attributes) throws IOException {
        char type = switch (stat.type()) {
            case Stat.CHARACTER_DEVICE -> '3';
            case Stat.BLOCK_DEVICE -> '4';
            case Stat.FIFO -> '6';
            default -> throw new IllegalArgumentException(path + " is no device or FIFO: " + stat);
        };
        header(path, type, stat, "", attributes);
    }

    /** Writes the end; without it a reader knows that something is missing. */
    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.close();
    }

    private void header(String path, char type, Stat stat, String link, Map<String, byte[]> attributes)
            throws IOException {
        long size = type == '0' ? stat.size() : 0;
        var records = new TreeMap<String, byte[]>();
        attributes.forEach((name, value) -> records.put("SCHILY.xattr." + name, value));
        var name = FileNames.encode(path);
        var target = FileNames.encode(link);
        recordIf(name.length > LONGEST_NAME, records, "path", name);
        recordIf(target.length > LONGEST_NAME, records, "linkpath", target);
        recordIf(stat.uid() < 0 || stat.uid() > LARGEST_ID, records, "uid", number(Integer.toUnsignedLong(stat.uid())));
        recordIf(stat.gid() < 0 || stat.gid() > LARGEST_ID, records, "gid", number(Integer.toUnsignedLong(stat.gid())));
        recordIf(size > LARGEST_SIZE, records, "size", number(size));
        if (!records.isEmpty()) {
            var body = body(records);
            out.write(block("PaxHeaders/0".getBytes(StandardCharsets.US_ASCII), 'x', stat, body.length, new byte[0]));
            out.write(body);
            pad(body.length);
        }
        out.write(block(name, type, stat, size, target));
    }

    private static void recordIf(boolean needed, Map<String, byte[]> records, String key, byte[] value) {
        if (needed) {
            records.put(key, value);
        }
    }

    private static byte[] number(long value) {
        return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    }

    /** Each record starts with its own length, the digits of that included. */
    private static byte[] body(Map<String, byte[]> records) {
        var body = new ByteArrayOutputStream();
        records.forEach((key, value) -> {
            var name = key.getBytes(StandardCharsets.ISO_8859_1);
            int rest = name.length + value.length + 3; // space, equals sign, newline
            int length = rest + Integer.toString(rest).length();
            length = rest + Integer.toString(length).length();
            body.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
            body.writeBytes(name);
            body.write('=');
            body.writeBytes(value);
            body.write('\n');
        });
        return body.toByteArray();
    }

    private static byte[] block(byte[] name, char type, Stat stat, long size, byte[] link) {
        var block = new byte[BLOCK];
        System.arraycopy(name, 0, block, 0, Math.min(name.length, LONGEST_NAME));
        octal(block, 100, 8, stat.permissions());
        octal(block, 108, 8, fitting(Integer.toUnsignedLong(stat.uid()), LARGEST_ID));
        octal(block, 116, 8, fitting(Integer.toUnsignedLong(stat.gid()), LARGEST_ID));
        octal(block, 124, 12, fitting(size, LARGEST_SIZE));
        octal(block, 136, 12, Math.clamp(stat.mtimeSeconds(), 0, LARGEST_SIZE));
        block[156] = (byte) type;
        System.arraycopy(link, 0, block, 157, Math.min(link.length, LONGEST_NAME));
        System.arraycopy("ustar\00000".getBytes(StandardCharsets.US_ASCII), 0, block, 257, 8);
        if (type == '3' || type == '4') {
            octal(block, 329, 8, major(stat.device()));
            octal(block, 337, 8, minor(stat.device()));
        }
        checksum(block);
        return block;
    }

    /** The true value stands in a record then. */
    private static long fitting(long value, long largest) {
        return value > largest ? 0 : value;
    }

    private static void checksum(byte[] block) {
        long sum = 8 * ' '; // the field itself counts as spaces
        for (byte b : block) {
            sum += b & 0xFF;
        }
        octal(block, 148, 7, sum);
        block[155] = ' ';
    }

    /** Digits and a final NUL. */
    private static void octal(byte[] block, int at, int width, long value) {
        var digits = Long.toOctalString(value);
        int zeros = width - 1 - digits.length();
        for (int i = 0; i < zeros; i++) {
            block[at + i] = '0';
        }
        System.arraycopy(digits.getBytes(StandardCharsets.US_ASCII), 0, block, at + zeros, digits.length());
    }

    private static long major(long device) {
        return (device >>> 8 & 0xFFF) | (device >>> 32 & ~0xFFFL);
    }

    private static long minor(long device) {
        return (device & 0xFF) | (device >>> 12 & ~0xFFL);
    }

    private void pad(long size) throws IOException {
        int rest = (int) (size % BLOCK);
        if (rest != 0) {
            out.write(new byte[BLOCK - rest]);
        }
    }
}
