package io.carafe.storage.tar;

import io.carafe.linux.fs.FileNames;
import io.carafe.storage.UnpackLimits;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads the members of a tar archive one after the other, in every form that images come in: v7, ustar, PAX, GNU with
 * long names, star, and the four sparse formats.
 *
 * <p>Not commons-compress, for what it does to a layer: it decodes the values of PAX records as UTF-8, which destroys
 * binary ones ({@code security.capability} of every {@code ping}), and names that are not UTF-8; it has no bounds on
 * extended headers; and its data comes as heap arrays that are copied once more for the kernel.
 */
public final class TarReader {

    private static final int BLOCK = 512;

    /** Zeros that fill up a tape block, as a rule a few kilobytes; more than this after the end is not honest. */
    private static final long MAX_TRAILER = 64L << 20;

    private final ChunkPipe pipe;
    private final TarTap tap;
    private final UnpackLimits limits;
    private final byte[] block = new byte[BLOCK];

    private long unread;
    private int padding;

    /** @param tap hears all that {@link #read} does not give out */
    public TarReader(ChunkPipe pipe, TarTap tap, UnpackLimits limits) {
        this.pipe = pipe;
        this.tap = tap;
        this.limits = limits;
    }

    /**
     * The next member, or null at the end of the archive. What was not read of the member before is passed over.
     *
     * @throws TarFormatException if this is no tar, or above the limits
     */
    public TarEntry next() throws IOException {
        PaxRecords pax = PaxRecords.NONE;
        String longName = null;
        String longLink = null;
        while (true) {
            skipRest();
            if (!readBlock(block)) {
                return null;
            }
            var header = new TarHeader(block);
            if (header.isZero()) {
                expectSecondZeroBlock();
                return null;
            }
            header.verify();
            switch (header.type()) {
                case 'x', 'X' -> pax = PaxRecords.parse(extendedHeader(header));
                case 'g' -> extendedHeader(header); // comments and defaults for all members: no image means them
                case 'L' -> longName = untilNul(extendedHeader(header));
                case 'K' -> longLink = untilNul(extendedHeader(header));
                default -> {
                    return entry(header, pax, longName, longLink);
                }
            }
        }
    }

    /** Bytes of the current member that were not read yet. */
    public long unread() {
        return unread;
    }

    /** Copies up to {@code limit} bytes of the current member, at least one unless it has ended. */
    public int read(MemorySegment target, long limit) throws IOException {
        if (unread == 0) {
            return 0;
        }
        int count = pipe.read(target, Math.min(limit, unread));
        unread -= count;
        return count;
    }

    /** Passes over what stands behind the end of the archive. */
    public void finish() throws IOException {
        long trailer = 0;
        for (int count = pipe.skipSome(MAX_TRAILER, tap); count > 0; count = pipe.skipSome(MAX_TRAILER, tap)) {
            trailer += count;
            if (trailer > MAX_TRAILER) {
                throw new TarFormatException("more than " + MAX_TRAILER + " bytes follow the end of the archive");
            }
        }
    }

    private boolean readBlock(byte[] target) throws IOException {
        boolean there = pipe.readBlock(target);
        if (there) {
            tap.bytes(target, 0, target.length);
        }
        return there;
    }

    private TarEntry entry(TarHeader header, PaxRecords pax, String longName, String longLink) throws IOException {
        var name = firstOf(pax.path("GNU.sparse.name"), pax.path("path"), longName, header.name());
        try {
            return entry(name, header, pax, firstOf(pax.path("linkpath"), longLink, header.linkName()));
        } catch (TarFormatException e) {
            throw new TarFormatException("entry " + PaxRecords.printable(name) + ": " + e.getMessage());
        }
    }

    private TarEntry entry(String name, TarHeader header, PaxRecords pax, String link) throws IOException {
        var type = type(header.type(), name);
        boolean file = type == TarEntry.Type.FILE;
        long stored = file ? pax.number("size", header.size()) : 0;
        if (stored < 0 || stored > limits.fileBytes()) {
            throw new TarFormatException("size " + stored + " is negative or above the limit of " + limits.fileBytes());
        }
        boolean device = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
        int mode = (int) header.mode() & 0xFFF;
        int uid = id(pax.number("uid", header.uid()), "uid");
        int gid = id(pax.number("gid", header.gid()), "gid");
        var mtime = pax.has("mtime") ? PaxTime.parse(pax.text("mtime")) : new PaxTime(header.mtime(), 0);
        int major = device ? deviceNumber(header.major(), 0xFFF, "major") : 0;
        int minor = device ? deviceNumber(header.minor(), 0xFFFFF, "minor") : 0;
        // the sparse formats reuse the header block from here on
        setUnread(stored);
        long size = file ? sparseSize(header, pax, stored) : 0;
        var sparse = size < 0 ? null : file ? sparseMap(header, pax, size) : null;
        if (size > limits.fileBytes()) {
            throw new TarFormatException("size " + size + " is above the limit of " + limits.fileBytes());
        }
        return new TarEntry(
                name,
                type,
                link,
                mode,
                uid,
                gid,
                sparse == null ? stored : size,
                unread,
                mtime.seconds(),
                mtime.nanos(),
                major,
                minor,
                xattrs(pax),
                sparse);
    }

    /** The apparent size of a sparse file; negative if it is none. */
    private static long sparseSize(TarHeader header, PaxRecords pax, long stored) throws TarFormatException {
        if (header.type() == 'S') {
            return header.gnuRealSize();
        }
        if (pax.has("GNU.sparse.major")
                || pax.has("GNU.sparse.map")
                || !pax.sparsePieces().isEmpty()) {
            return pax.number("GNU.sparse.realsize", pax.number("GNU.sparse.size", stored));
        }
        return -1;
    }

    private SparseMap sparseMap(TarHeader header, PaxRecords pax, long size) throws IOException {
        var numbers = new ArrayList<Long>();
        if (header.type() == 'S') {
            boolean more = header.gnuSparsePieces(numbers);
            while (more) {
                bound((long) numbers.size() * 12);
                readHeaderBlock();
                more = TarHeader.gnuSparseExtension(block, numbers);
            }
        } else if (pax.has("GNU.sparse.major")) {
            if (!pax.text("GNU.sparse.major").equals("1")) {
                throw new TarFormatException("sparse format " + PaxRecords.printable(pax.text("GNU.sparse.major")));
            }
            readMapBeforeData(numbers);
        } else if (pax.has("GNU.sparse.map")) {
            for (var number : pax.text("GNU.sparse.map").split(",")) {
                numbers.add(PaxRecords.decimal(number, "sparse map"));
            }
        } else {
            numbers.addAll(pax.sparsePieces());
        }
        return SparseMap.of(numbers, size, unread);
    }

    /** Sparse format 1.0: the data begins with decimal numbers on lines, the first being their count, padded to a block. */
    private void readMapBeforeData(List<Long> numbers) throws IOException {
        long expected = -1;
        var line = new StringBuilder();
        for (long total = 0; expected < 0 || numbers.size() < expected; total += BLOCK) {
            bound(total);
            if (unread < BLOCK) {
                throw new TarFormatException("sparse map is longer than the member");
            }
            readHeaderBlock();
            unread -= BLOCK;
            for (int i = 0; i < BLOCK && (expected < 0 || numbers.size() < expected); i++) {
                if (block[i] != '\n') {
                    line.append((char) (block[i] & 0xFF));
                    continue;
                }
                long number = PaxRecords.decimal(line.toString(), "sparse map");
                line.setLength(0);
                if (expected < 0) {
                    bound(number > limits.headerBytes() ? number : number * 4); // two numbers, two bytes each at least
                    expected = number * 2;
                } else {
                    numbers.add(number);
                }
            }
            bound(line.length());
        }
    }

    private Map<String, byte[]> xattrs(PaxRecords pax) throws TarFormatException {
        for (var xattr : pax.xattrs().entrySet()) {
            if (xattr.getValue().length > limits.xattrBytes()) {
                throw new TarFormatException("extended attribute " + PaxRecords.printable(xattr.getKey()) + " has "
                        + xattr.getValue().length + " bytes, above the limit of " + limits.xattrBytes());
            }
        }
        return pax.xattrs();
    }

    private static TarEntry.Type type(char flag, String name) throws TarFormatException {
        return switch (flag) {
            case '0', '7', 'S' -> TarEntry.Type.FILE;
            case '\0' -> name.endsWith("/") ? TarEntry.Type.DIRECTORY : TarEntry.Type.FILE; // as before POSIX
            case '1' -> TarEntry.Type.HARD_LINK;
            case '2' -> TarEntry.Type.SYMBOLIC_LINK;
            case '3' -> TarEntry.Type.CHARACTER_DEVICE;
            case '4' -> TarEntry.Type.BLOCK_DEVICE;
            case '5' -> TarEntry.Type.DIRECTORY;
            case '6' -> TarEntry.Type.FIFO;
            default ->
                throw new TarFormatException("type " + PaxRecords.printable("" + flag) + " has no place in a layer");
        };
    }

    private static int id(long value, String what) throws TarFormatException {
        if (value < 0 || value >= 0xFFFF_FFFFL) {
            throw new TarFormatException(what + " " + value + " is not from 0 to 2^32-2");
        }
        return (int) value;
    }

    private static int deviceNumber(long value, int max, String what) throws TarFormatException {
        if (value < 0 || value > max) {
            throw new TarFormatException("device " + what + " number " + value + " is not from 0 to " + max);
        }
        return (int) value;
    }

    private byte[] extendedHeader(TarHeader header) throws IOException {
        long size = header.size();
        if (size < 0) {
            throw new TarFormatException("extended header has a negative size");
        }
        bound(size);
        var data = new byte[(int) size];
        setUnread(size);
        if (size > 0 && !readBlock(data)) {
            throw new TarFormatException("the archive ends in an extended header");
        }
        unread = 0;
        return data;
    }

    private void bound(long headerBytes) throws TarFormatException {
        if (headerBytes > limits.headerBytes()) {
            throw new TarFormatException("extended header is above the limit of " + limits.headerBytes() + " bytes");
        }
    }

    private void readHeaderBlock() throws IOException {
        if (!readBlock(block)) {
            throw new TarFormatException("the archive ends in a sparse map");
        }
    }

    /** An archive ends with two zero blocks; one is enough if nothing follows. */
    private void expectSecondZeroBlock() throws IOException {
        if (readBlock(block) && !new TarHeader(block).isZero()) {
            throw new TarFormatException("a block of zeros stands between two members");
        }
    }

    private void setUnread(long size) {
        unread = size;
        padding = (int) (-size & (BLOCK - 1));
    }

    private void skipRest() throws IOException {
        pipe.skip(unread + padding, tap);
        unread = 0;
        padding = 0;
    }

    private static String untilNul(byte[] data) {
        int end = 0;
        while (end < data.length && data[end] != 0) {
            end++;
        }
        return FileNames.decode(data, 0, end);
    }

    private static String firstOf(String... values) {
        for (var value : values) {
            if (value != null) {
                return value;
            }
        }
        throw new IllegalArgumentException("the last one is never null");
    }
}
