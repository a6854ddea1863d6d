package io.carafe.image.compress;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.tukaani.xz.CorruptedInputException;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.XZInputStream;

/** Data that xz has packed: archives of old, and layers in them. It is read and never written. */
final class Xz {

    private static final byte[] MAGIC = {(byte) 0xfd, '7', 'z', 'X'};

    /** For the decoder in KiB; {@code xz -9} takes 65 MiB of it. */
    private static final int MEMORY = 128 << 10;

    private Xz() {}

    /** By the first four bytes. */
    static boolean is(byte[] magic) {
        return Arrays.equals(magic, MAGIC);
    }

    /** Any number of streams, with padding between them. */
    static InputStream open(InputStream packed) throws IOException {
        return new Reading(packed);
    }

    /** The library's errors say little or nothing. */
    private static final class Reading extends InputStream {

        private final InputStream packed;
        private XZInputStream archive;

        Reading(InputStream packed) {
            this.packed = packed;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                if (archive == null) {
                    archive = new XZInputStream(packed, MEMORY);
                }
                return archive.read(bytes, offset, length);
            } catch (MemoryLimitException e) {
                throw new IOException(
                        "xz: unpacking takes " + e.getMemoryNeeded() + " KiB of memory, and at most " + MEMORY
                                + " are given: pack it with xz -9 or less",
                        e);
            } catch (EOFException e) {
                throw new IOException("xz: the data ends too early", e);
            } catch (CorruptedInputException e) {
                throw new IOException("xz: the data is broken", e);
            }
        }

        @Override
        public void close() throws IOException {
            packed.close();
        }
    }
}
