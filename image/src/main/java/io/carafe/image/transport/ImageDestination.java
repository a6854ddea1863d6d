package io.carafe.image.transport;

import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.pull.PullLimits;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Manifest;
import java.io.IOException;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Where an image is copied to: layers first, by several threads at once, then the configuration, then the manifest; of an
 * index all manifests before the index. Nothing can be had by its name before {@link #commit}.
 */
public interface ImageDestination extends AutoCloseable {

    /** How layers are wanted. */
    enum Packing {
        /** As they come. */
        ANY,
        /** Compressed; what is not will be. */
        PACKED,
        /** As archives without compression, under their DiffIDs. */
        PLAIN
    }

    /**
     * A manifest or index to be stored.
     *
     * @param manifest null for an index
     * @param config of an image; null for an index and for what is no image
     * @param diffIds of an image's layers, bottom first
     * @param top whether it is what the name will stand for
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Stored(Fetched document, Manifest manifest, byte[] config, List<Digest> diffIds, boolean top) {}

    Packing packing();

    /** The kind of manifest that it wants where one has to be written anew; {@link ManifestForm#SAME} for none. */
    ManifestForm form();

    /** How many times its compressed size a layer may unpack to that is not wanted as it comes ({@link PullLimits#ratio}). */
    default int ratio() {
        return PullLimits.DEFAULT.ratio();
    }

    /**
     * Whether it has a blob, or can get it without it being sent.
     *
     * @param knownAs names under which its registry may have it
     */
    boolean has(Descriptor blob, List<Reference> knownAs, Deadline deadline);

    /**
     * Stores a blob. Reads it to the end, perhaps several times from the start, and stores nothing if that throws.
     *
     * @param sent hears how many bytes of it have gone out so far
     */
    void put(Payload blob, LongConsumer sent, Deadline deadline) throws IOException;

    void manifest(Stored manifest, Deadline deadline) throws IOException;

    /** All is there: from now on the name stands for it. */
    void commit(Deadline deadline) throws IOException;

    /** Where it is, for people. */
    @Override
    String toString();

    /** Leaves nothing half done behind if it was not committed. */
    @Override
    void close();
}
