package io.carafe.image.transport;

import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * An image, for one platform or several, that can be copied. Its documents are what they say they are when they are given;
 * the bytes of blobs are verified by who reads them. For several threads.
 */
public interface ImageSource extends AutoCloseable {

    /**
     * The bytes of a blob.
     *
     * @param original whether they are those that the manifest names; otherwise they are a layer's archive without
     *     compression
     */
    record Content(InputStream bytes, boolean original) {}

    /** What the name stands for: a manifest or an index. */
    Fetched top(Deadline deadline);

    /** A manifest of an index. */
    Fetched manifest(Descriptor descriptor, Deadline deadline);

    /**
     * @param diffId of a layer; null for anything else
     * @throws io.carafe.base.CarafeException.NotFound if it is not here
     */
    Content blob(Descriptor blob, Digest diffId, Deadline deadline) throws IOException;

    /** Other blobs that hold the same layer, in other compression. */
    default List<Descriptor> alternatives(Digest diffId) {
        return List.of();
    }

    /** Names under which registries may have the blobs already. */
    default List<Reference> knownAs() {
        return List.of();
    }

    /** Where it is, for people. */
    @Override
    String toString();

    @Override
    void close();
}
