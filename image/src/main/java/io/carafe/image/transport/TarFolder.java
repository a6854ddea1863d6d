package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * An uncompressed tar, of which only the regular files and the links to them within it count. It is indexed when it is
 * opened: in archives of images the file that names all others may be the last.
 */
final class TarFolder implements Folder {

    private static final int BLOCK = 512;
    private static final int MAX_ENTRIES = 100_000;
    private static final int MAX_EXTENSION = 1 << 20;
    private static final int MAX_PATH = 4096;
    private static final int MAX_LINKS = 16;

    /** @param link what it is another name of; null for a file */
    private record Entry(long offset, long size, String link) {}

    private final String name;
    private final FileChannel file;
    private final Map<String, Entry> entries = new HashMap<>();

    private TarFolder(String name, FileChannel file) {
        this.name = name;
        this.file = file;
    }

    /**
     * @param name what it is called in errors
     * @throws CarafeException.InvalidArgument if it is no tar
     */
    static TarFolder open(String name, Path path) throws IOException {
        var folder = new TarFolder(name, FileChannel.open(path, StandardOpenOption.READ));
        try {
            folder.index();
            return folder;
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private void index() throws IOException {
        String longName = null;
        String longLink = null;
        Map<String, String> pax = Map.of();
        var header = new byte[BLOCK];
        long position = 0;
        for (int headers = 0; readFully(header, position) && !isZero(header); headers++) {
            if (headers > MAX_ENTRIES) {
                throw broken("it has more than " + MAX_ENTRIES + " entries");
            }
            checkSum(header);
            position += BLOCK;
            char type = (char) (header[156] & 0xFF);
            long size = pax.containsKey("size") ? decimal(pax.get("size")) : number(header, 124, 12);
            if (size < 0 || (size > file.size() - position && type != '1' && type != '2')) {
                throw broken("it is cut off");
            }
            switch (type) {
                case 'L' -> longName = text(extension(position, size));
                case 'K' -> longLink = text(extension(position, size));
                case 'x' -> pax = records(extension(position, size));
                case 'g' -> {} // what holds for all entries: times and comments
                default -> {
                    var path = pax.getOrDefault("path", longName == null ? path(header) : longName);
                    var link = pax.getOrDefault("linkpath", longLink == null ? field(header, 157, 100) : longLink);
                    if (path.length() > MAX_PATH || link.length() > MAX_PATH) {
                        throw broken("a path in it is longer than " + MAX_PATH + " characters");
                    }
                    switch (type) {
                        case '0', '\0', '7' -> entries.put(normalised(path), new Entry(position, size, null));
                        case '1' -> entries.put(normalised(path), new Entry(0, 0, normalised(link)));
                        case '2' -> entries.put(normalised(path), new Entry(0, 0, beside(path, link)));
                        default -> {} // directories and what has no place in such an archive
                    }
                    longName = null;
                    longLink = null;
                    pax = Map.of();
                }
            }
            position += type == '1' || type == '2' ? 0 : (size + BLOCK - 1) / BLOCK * BLOCK;
        }
        if (entries.isEmpty()) {
            throw broken("there is no file in it");
        }
    }

    private boolean readFully(byte[] bytes, long position) throws IOException {
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            if (file.read(buffer, position + buffer.position()) < 0) {
                if (buffer.position() > 0) {
                    throw broken("it is cut off");
                }
                return false;
            }
        }
        return true;
    }

    private static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private void checkSum(byte[] header) {
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xFF;
        }
        if (sum != number(header, 148, 8)) {
            throw broken("it is no tar, or damaged");
        }
    }

    private byte[] extension(long position, long size) throws IOException {
        if (size > MAX_EXTENSION) {
            throw broken("a header in it has " + size + " bytes");
        }
        var bytes = new byte[(int) size];
        if (size > 0 && !readFully(bytes, position)) {
            throw broken("it is cut off");
        }
        return bytes;
    }

    private Map<String, String> records(byte[] bytes) {
        var records = new HashMap<String, String>();
        for (int at = 0; at < bytes.length; ) {
            int space = at;
            while (space < bytes.length && bytes[space] != ' ') {
                space++;
            }
            long length = decimal(new String(bytes, at, space - at, StandardCharsets.US_ASCII));
            if (length <= space - at + 1 || length > bytes.length - at) {
                throw broken("a record of a header in it is malformed");
            }
            var record = new String(bytes, space + 1, (int) (at + length - space - 2), StandardCharsets.UTF_8);
            int equals = record.indexOf('=');
            if (equals > 0) {
                records.put(record.substring(0, equals), record.substring(equals + 1));
            }
            at += (int) length;
        }
        return records;
    }

    private long decimal(String digits) {
        if (!digits.matches("\\d{1,18}")) {
            throw broken("a number in a header of it is malformed");
        }
        return Long.parseLong(digits);
    }

    /** Octal, or in GNU's form for large ones binary. */
    private long number(byte[] header, int offset, int length) {
        if ((header[offset] & 0x80) != 0) {
            long value = header[offset] & 0x3F;
            for (int i = 1; i < length; i++) {
                if (value >> 54 != 0) {
                    throw broken("a number in a header of it is too large");
                }
                value = (value << 8) | (header[offset + i] & 0xFF);
            }
            return value;
        }
        var digits = field(header, offset, length).strip();
        if (!digits.matches("[0-7]{0,20}")) {
            throw broken("it is no tar, or damaged");
        }
        return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    }

    private static String path(byte[] header) {
        var name = field(header, 0, 100);
        boolean ustar = field(header, 257, 6).equals("ustar");
        var prefix = ustar ? field(header, 345, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static String field(byte[] header, int offset, int length) {
        return text(Arrays.copyOfRange(header, offset, offset + length));
    }

    private static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private static String beside(String path, String link) {
        int slash = normalised(path).lastIndexOf('/');
        return normalised(slash < 0 ? link : normalised(path).substring(0, slash + 1) + link);
    }

    /** Without slashes at its ends, and without {@code .} and {@code ..}, which cannot lead out. */
    static String normalised(String path) {
        var parts = new ArrayDeque<String>();
        for (var part : path.split("/", -1)) {
            switch (part) {
                case "", "." -> {}
                case ".." -> parts.pollLast();
                default -> parts.add(part);
            }
        }
        return String.join("/", parts);
    }

    private Entry find(String wanted) {
        var entry = entries.get(normalised(wanted));
        for (int links = 0; entry != null && entry.link() != null; links++) {
            entry = links == MAX_LINKS ? null : entries.get(entry.link());
        }
        return entry;
    }

    private Entry require(String wanted) {
        var entry = find(wanted);
        if (entry == null) {
            throw new CarafeException.NotFound(this + " has no file " + printable(wanted));
        }
        return entry;
    }

    @Override
    public boolean has(String wanted) {
        return find(wanted) != null;
    }

    @Override
    public long size(String wanted) {
        return require(wanted).size();
    }

    @Override
    public InputStream open(String wanted) {
        var entry = require(wanted);
        return new InputStream() {
            private long done;

            @Override
            public int read() throws IOException {
                var one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                if (length == 0) {
                    return 0;
                }
                int wantedNow = (int) Math.min(length, entry.size() - done);
                if (wantedNow == 0) {
                    return -1;
                }
                int count = file.read(ByteBuffer.wrap(bytes, offset, wantedNow), entry.offset() + done);
                if (count < 0) {
                    throw broken("it is cut off");
                }
                done += count;
                return count;
            }
        };
    }

    private CarafeException.InvalidArgument broken(String why) {
        return new CarafeException.InvalidArgument("archive " + name + ": " + why);
    }

    static String printable(String text) {
        var clean = text.replaceAll("\\p{Cntrl}", "?");
        return clean.length() > 200 ? clean.substring(0, 200) + "…" : clean;
    }

    @Override
    public String toString() {
        return "archive " + name;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
