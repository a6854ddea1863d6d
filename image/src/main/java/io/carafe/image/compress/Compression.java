package io.carafe.image.compress;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.carafe.base.CarafeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;

/**
 * How a layer's archive is packed. Told by its first bytes, since media types are often wrong. What xz has packed is read too,
 * and never written.
 */
public enum Compression {
    NONE,
    /** Any number of members (RFC 1952). */
    GZIP,
    /** Any number of frames (RFC 8878), those of zstd:chunked among them. */
    ZSTD;

    /** The largest window that a zstd frame may ask for: 128 MiB, the reference decoder's own limit. */
    private static final int ZSTD_WINDOW_LOG = 27;

    private static final int MAGIC = 4;

    /** The archive in {@code packed}, which is read no further than its end. A broken one throws IOException when read. */
    public static InputStream unpack(InputStream packed) throws IOException {
        var magic = packed.readNBytes(MAGIC);
        var whole = new Rejoined(magic, packed);
        if (Xz.is(magic)) {
            return Xz.open(whole);
        }
        return switch (of(magic)) {
            case NONE -> whole;
            case GZIP -> Isal.isAvailable() ? new IsalGzipStream(whole) : JdkGzip.open(whole);
            case ZSTD -> zstd(whole);
        };
    }

    /** {@code archive}, compressed in this way while it is read. The same archive always gives the same bytes. */
    public InputStream pack(InputStream archive) throws IOException {
        return this == NONE ? archive : PackingStream.of(archive, this);
    }

    static Compression of(byte[] magic) {
        if (magic.length >= 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b) {
            return GZIP;
        }
        if (magic.length < MAGIC) {
            return NONE;
        }
        int number = (magic[0] & 0xff) | (magic[1] & 0xff) << 8 | (magic[2] & 0xff) << 16 | (magic[3] & 0xff) << 24;
        boolean skippable = (number & 0xfffffff0) == 0x184d2a50;
        return number == 0xfd2fb528 || skippable ? ZSTD : NONE;
    }

    private static InputStream zstd(InputStream packed) throws IOException {
        try {
            return new ZstdInputStreamNoFinalizer(packed).setLongMax(ZSTD_WINDOW_LOG);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
            throw new CarafeException.FailedPrecondition("zstd layers cannot be read here: " + e.getMessage(), e);
        }
    }

    /** The bytes read ahead, then the rest; {@code available} is positive as long as more may come. */
    private static final class Rejoined extends InputStream {

        private final InputStream parts;
        private final InputStream packed;
        private boolean ended;

        Rejoined(byte[] ahead, InputStream packed) {
            this.parts = new SequenceInputStream(new ByteArrayInputStream(ahead), packed);
            this.packed = packed;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = parts.read(bytes, offset, length);
            ended |= count < 0;
            return count;
        }

        /** GZIPInputStream looks for a further member only if this says so. */
        @Override
        public int available() {
            return ended ? 0 : 1;
        }

        @Override
        public void close() throws IOException {
            packed.close();
        }
    }
}
