package io.carafe.image.pull;

import io.carafe.image.Reference;
import io.carafe.image.registry.Repository;
import io.carafe.oci.Digest;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.Manifest;
import java.util.List;

/**
 * An image at a registry, its documents fetched and verified, its layers not yet.
 *
 * @param reference what the user named, in full
 * @param digest what that name stands for: of the index if there is one, else of the manifest
 * @param documents index (if there is one), manifest and configuration
 * @param repositories where its layers are, in the order to try them
 */
public record ResolvedImage(
        Reference reference,
        Digest digest,
        Digest manifestDigest,
        Manifest manifest,
        ImageConfig config,
        List<Document> documents,
        List<Repository> repositories) {

    /** Bytes with their verified digest. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    public record Document(Digest digest, byte[] content) {}

    /** The image's id. */
    public Digest id() {
        return manifest.config().digest();
    }

    /** Its layers, bottom first. */
    public List<Digest> diffIds() {
        return config.rootfs().diffIds();
    }
}
