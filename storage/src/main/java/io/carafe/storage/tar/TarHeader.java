package io.carafe.storage.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.carafe.linux.fs.FileNames;
import java.util.List;

/** The fields of one 512-byte header block, in the v7, ustar, GNU or star form (tar(5) of libarchive). */
final class TarHeader {

    private static final int NAME = 0;
    private static final int MODE = 100;
    private static final int UID = 108;
    private static final int GID = 116;
    private static final int SIZE = 124;
    private static final int MTIME = 136;
    private static final int CHECKSUM = 148;
    private static final int TYPE = 156;
    private static final int LINK_NAME = 157;
    private static final int MAGIC = 257;
    private static final int MAJOR = 329;
    private static final int MINOR = 337;
    private static final int PREFIX = 345;
    private static final int GNU_SPARSE = 386;
    private static final int GNU_EXTENDED = 482;
    private static final int GNU_REAL_SIZE = 483;
    private static final int STAR_TRAILER = 508;

    private final byte[] block;

    /** Wraps a block, which the caller may reuse once it is done with this header. */
    TarHeader(byte[] block) {
        this.block = block;
    }

    boolean isZero() {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /** Compares the checksum; some old programs summed signed bytes. */
    void verify() throws TarFormatException {
        long unsigned = 0;
        long signed = 0;
        for (int i = 0; i < block.length; i++) {
            int b = i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : block[i];
            unsigned += b & 0xFF;
            signed += b;
        }
        long said = number(CHECKSUM, 8, "checksum");
        if (said != unsigned && said != signed) {
            throw new TarFormatException("header has checksum " + said + " instead of " + unsigned);
        }
    }

    char type() {
        return (char) (block[TYPE] & 0xFF);
    }

    String name() {
        var name = string(NAME, 100);
        if (!magic().startsWith("ustar\0")) {
            return name;
        }
        var prefix = string(PREFIX, text(STAR_TRAILER, 4).equals("tar\0") ? 131 : 155);
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    String linkName() {
        return string(LINK_NAME, 100);
    }

    long mode() throws TarFormatException {
        return number(MODE, 8, "mode");
    }

    long uid() throws TarFormatException {
        return number(UID, 8, "uid");
    }

    long gid() throws TarFormatException {
        return number(GID, 8, "gid");
    }

    long size() throws TarFormatException {
        return number(SIZE, 12, "size");
    }

    long mtime() throws TarFormatException {
        return number(MTIME, 12, "mtime");
    }

    long major() throws TarFormatException {
        return number(MAJOR, 8, "device major number");
    }

    long minor() throws TarFormatException {
        return number(MINOR, 8, "device minor number");
    }

    long gnuRealSize() throws TarFormatException {
        return number(GNU_REAL_SIZE, 12, "real size");
    }

    /** Adds the pieces of an old GNU sparse header; true if a block with more of them follows. */
    boolean gnuSparsePieces(List<Long> pieces) throws TarFormatException {
        return sparsePieces(block, GNU_SPARSE, 4, pieces) && block[GNU_EXTENDED] != 0;
    }

    /** The same of an extension block. */
    static boolean gnuSparseExtension(byte[] block, List<Long> pieces) throws TarFormatException {
        return sparsePieces(block, 0, 21, pieces) && block[504] != 0;
    }

    private static boolean sparsePieces(byte[] block, int offset, int count, List<Long> pieces)
            throws TarFormatException {
        for (int i = 0; i < count; i++) {
            int at = offset + i * 24;
            if (block[at] == 0 && block[at + 12] == 0) {
                break; // an unused slot
            }
            pieces.add(number(block, at, 12, "sparse offset"));
            pieces.add(number(block, at + 12, 12, "sparse length"));
        }
        return true;
    }

    private String magic() {
        return text(MAGIC, 8);
    }

    private String text(int offset, int length) {
        return new String(block, offset, length, ISO_8859_1);
    }

    /** A name that ends at a NUL or fills its field. */
    private String string(int offset, int length) {
        int end = 0;
        while (end < length && block[offset + end] != 0) {
            end++;
        }
        return FileNames.decode(block, offset, end);
    }

    private long number(int offset, int length, String field) throws TarFormatException {
        return number(block, offset, length, field);
    }

    /** An octal number between blanks or NULs, or, with the highest bit set, a big-endian binary one (GNU, star). */
    private static long number(byte[] block, int offset, int length, String field) throws TarFormatException {
        if (block[offset] < 0) {
            return binary(block, offset, length, field);
        }
        int at = offset;
        int end = offset + length;
        while (at < end && (block[at] == ' ' || block[at] == 0)) {
            at++;
        }
        long value = 0;
        for (; at < end && block[at] != ' ' && block[at] != 0; at++) {
            int digit = block[at] - '0';
            if (digit < 0 || digit > 7) {
                throw new TarFormatException(field + " in the header is not an octal number");
            }
            value = value * 8 + digit; // twelve digits are 36 bits
        }
        return value;
    }

    private static long binary(byte[] block, int offset, int length, String field) throws TarFormatException {
        boolean negative = (block[offset] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int i = 0; i < length; i++) {
            int b = block[offset + i] & 0xFF;
            if (i == 0) {
                b = negative ? b | 0x80 : b & 0x7F;
            }
            boolean fits = value >> 55 == (negative ? -1 : 0);
            if (!fits) {
                throw new TarFormatException(field + " in the header needs more than 64 bits");
            }
            value = value << 8 | b;
        }
        return value;
    }
}
