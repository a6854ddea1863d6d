package io.carafe.image.pull;

import io.carafe.oci.Digest;
import java.io.IOException;
import java.io.InputStream;

/**
 * Where unpacked layers go. A layer is named by its DiffID: the digest of its tar archive without compression.
 *
 * <p>Called from several threads at once, never for the same layer twice at a time by one {@link Puller}.
 */
public interface LayerTarget {

    /** Whether the layer is here whole, so that it need not be downloaded. */
    boolean has(Digest diffId);

    /**
     * Unpacks a layer and makes it durable. Reads {@code tar} to its very end and compares its digest with
     * {@code diffId} before the layer can be seen; leaves nothing behind when it throws. What {@code tar} throws is
     * passed on as it is: it says why the download failed.
     *
     * @throws IOException if the layer cannot be written
     * @throws io.carafe.base.CarafeException.InvalidArgument if the archive is malformed, hostile, or of another digest
     */
    void unpack(Digest diffId, InputStream tar) throws IOException;

    /** Bytes that the unpacked layer takes on disk; zero if it is not here. */
    long size(Digest diffId);
}
