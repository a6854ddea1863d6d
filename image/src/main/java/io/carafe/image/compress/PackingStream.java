package io.carafe.image.compress;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import io.carafe.base.CarafeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** An archive, compressed while it is read. */
final class PackingStream extends InputStream {

    private static final int PIECE = 128 << 10;

    private interface Packer extends AutoCloseable {
        void write(byte[] bytes, int count) throws IOException;

        void finish() throws IOException;

        @Override
        void close() throws IOException;
    }

    private static final class Buffer extends ByteArrayOutputStream {
        private int position;

        int take(byte[] to, int offset, int length) {
            int taken = Math.min(length, count - position);
            System.arraycopy(buf, position, to, offset, taken);
            position += taken;
            if (position == count) {
                position = 0;
                reset();
            }
            return taken;
        }

        boolean isEmpty() {
            return count == 0;
        }
    }

    private final InputStream archive;
    private final Buffer packed = new Buffer();
    private final Packer packer;
    private final byte[] piece = new byte[PIECE];
    private boolean ended;

    private PackingStream(InputStream archive, Compression as) throws IOException {
        this.archive = archive;
        this.packer = as == Compression.ZSTD ? zstd(packed) : gzip(packed);
    }

    /** @param as not {@code NONE} */
    static InputStream of(InputStream archive, Compression as) throws IOException {
        try {
            return new PackingStream(archive, as);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
            throw new CarafeException.FailedPrecondition("zstd layers cannot be written here: " + e.getMessage(), e);
        }
    }

    private static Packer gzip(OutputStream out) throws IOException {
        var gzip = new GzipPacker(out);
        return new Packer() {
            @Override
            public void write(byte[] bytes, int count) throws IOException {
                gzip.write(bytes, 0, count);
            }

            @Override
            public void finish() throws IOException {
                gzip.finish();
            }

            @Override
            public void close() {
                gzip.close();
            }
        };
    }

    /** With a checksum, at the library's own level. */
    private static Packer zstd(OutputStream out) throws IOException {
        var zstd = new ZstdOutputStreamNoFinalizer(out, 3);
        zstd.setChecksum(true);
        return new Packer() {
            @Override
            public void write(byte[] bytes, int count) throws IOException {
                zstd.write(bytes, 0, count);
            }

            @Override
            public void finish() throws IOException {
                zstd.close();
            }

            @Override
            public void close() throws IOException {
                zstd.close();
            }
        };
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (packed.isEmpty()) {
            if (ended) {
                return -1;
            }
            int count = archive.read(piece, 0, PIECE);
            if (count < 0) {
                ended = true;
                packer.finish();
            } else {
                packer.write(piece, count);
            }
        }
        return packed.take(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
        try (archive) {
            packer.close();
        }
    }
}
