package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A blob on its way. What it must be is known beforehand or learned by reading it; its end is reached only if it is what it
 * must be.
 */
public final class Payload {

    /** Gives the bytes from the start, each time it is asked. */
    @FunctionalInterface
    public interface Opener {
        InputStream open() throws IOException;
    }

    private final Digest expected;
    private final long expectedSize;
    private final Opener opener;
    private Digest digest;
    private long size = -1;

    /**
     * @param expected null if it is not known
     * @param expectedSize negative if it is not known
     */
    public Payload(Digest expected, long expectedSize, Opener opener) {
        this.expected = expected;
        this.expectedSize = expectedSize;
        this.opener = opener;
    }

    /** Null if it is not known yet. */
    public Digest expected() {
        return expected;
    }

    /** Negative if it is not known yet. */
    public long expectedSize() {
        return expectedSize;
    }

    /** For one reader at a time. */
    public InputStream open() throws IOException {
        digest = null;
        size = -1;
        return new Hashed(opener.open());
    }

    /** What was read, once it has been to its end. */
    public Digest digest() {
        if (digest == null) {
            throw new IllegalStateException("it has not been read to its end");
        }
        return digest;
    }

    /** Bytes that were read, once it has been to its end. */
    public long size() {
        return size;
    }

    @Override
    public String toString() {
        return "blob" + (expected == null ? "" : " " + expected);
    }

    private final class Hashed extends FilterInputStream {

        private final MessageDigest hasher = expected == null ? Digest.sha256() : expected.newHasher();
        private long count;

        Hashed(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = in.read(bytes, offset, length);
            if (read > 0) {
                hasher.update(bytes, offset, read);
                count += read;
                if (expectedSize >= 0 && count > expectedSize) {
                    throw new CarafeException.InvalidArgument(
                            Payload.this + ": it has more than the " + expectedSize + " bytes that the manifest says");
                }
            } else if (read < 0 && digest == null) {
                verify();
            }
            return read;
        }

        private void verify() {
            if (expectedSize >= 0 && count != expectedSize) {
                throw new CarafeException.InvalidArgument(
                        Payload.this + ": it has " + count + " bytes, but the manifest says " + expectedSize);
            }
            var algorithm = expected == null ? "sha256" : expected.algorithm();
            var actual = new Digest(algorithm, HexFormat.of().formatHex(hasher.digest()));
            if (expected != null && !actual.equals(expected)) {
                throw new CarafeException.InvalidArgument(Payload.this + ": what was read has the digest " + actual);
            }
            digest = actual;
            size = count;
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        @Override
        public long skip(long most) throws IOException {
            throw new IOException("a blob is read, not skipped");
        }
    }
}
