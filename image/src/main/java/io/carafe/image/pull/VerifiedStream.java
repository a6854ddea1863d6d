package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** A blob's bytes, whose end is reached only if they are of the size and the digest that the descriptor says. */
final class VerifiedStream extends InputStream {

    private final InputStream blob;
    private final Descriptor expected;
    private final Meter meter;
    private final MessageDigest hasher;
    private long count;
    private boolean verified;

    VerifiedStream(InputStream blob, Descriptor expected, Meter meter) {
        this.blob = blob;
        this.expected = expected;
        this.meter = meter;
        this.hasher = expected.digest().newHasher();
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = blob.read(bytes, offset, length);
        if (read > 0) {
            hasher.update(bytes, offset, read);
            count += read;
            meter.done(count);
        } else if (read < 0) {
            verify();
        }
        return read;
    }

    /** Bytes so far. */
    long count() {
        return count;
    }

    private void verify() {
        if (verified) {
            return;
        }
        if (count != expected.size()) {
            throw new CarafeException.InvalidArgument("blob " + expected.digest() + ": it has " + count
                    + " bytes, but the manifest says " + expected.size());
        }
        var actual = new Digest(
                expected.digest().algorithm(), java.util.HexFormat.of().formatHex(hasher.digest()));
        if (!actual.equals(expected.digest())) {
            throw new CarafeException.InvalidArgument(
                    "blob " + expected.digest() + ": what the registry sent has the digest " + actual);
        }
        verified = true;
    }

    @Override
    public void close() throws IOException {
        blob.close();
    }
}
