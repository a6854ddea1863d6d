package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.image.compress.Compression;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A layer's archive without compression, within limits. Its end is reached only when the compressed blob has been read
 * to its own end, and so was verified.
 */
final class LayerStream extends InputStream {

    /** How far to read on behind broken data, to tell whether the blob is the one asked for. */
    private static final long DRAIN = 64L << 20;

    private final Digest blob;
    private final VerifiedStream packed;
    private final PullLimits limits;
    private final AtomicLong imageBytes;
    private InputStream archive;
    private long count;

    /** @param imageBytes what all layers of the image have unpacked to so far */
    LayerStream(Digest blob, VerifiedStream packed, PullLimits limits, AtomicLong imageBytes) {
        this.blob = blob;
        this.packed = packed;
        this.limits = limits;
        this.imageBytes = imageBytes;
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
                archive = Compression.unpack(packed);
            }
            int read = archive.read(bytes, offset, length);
            if (read < 0) {
                packed.skip(Long.MAX_VALUE); // what the packing left unread
                return -1;
            }
            count(read);
            return read;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** A layer that cannot be decompressed is a lie about its digest, as a rule; say so when it is one. */
    private CarafeException broken(IOException cause) throws IOException {
        packed.skip(DRAIN);
        return new CarafeException.InvalidArgument("layer " + blob + ": " + cause.getMessage(), cause);
    }

    private void count(int read) {
        count += read;
        if (count > PullLimits.RATIO_FREE && count / limits.ratio() > packed.count()) {
            throw new CarafeException.InvalidArgument("layer " + blob + ": it unpacks to more than " + limits.ratio()
                    + " times its size: this looks like a decompression bomb");
        }
        if (imageBytes.addAndGet(read) > limits.unpackedBytes()) {
            throw new CarafeException.InvalidArgument(
                    "layer " + blob + ": the image unpacks to more than " + limits.unpackedBytes() + " bytes");
        }
    }

    @Override
    public void close() throws IOException {
        try (packed) {
            if (archive != null) {
                archive.close();
            }
        }
    }
}
