package io.carafe.image;

import io.carafe.oci.Digest;
import io.carafe.oci.image.ImageConfig;
import java.time.Instant;
import java.util.List;

/**
 * An image in the local store, with the names it is known by.
 *
 * @param id the digest of its configuration; what CRI calls id, image_ref and image_id
 * @param manifest the digest of the platform's manifest it was last pulled by
 * @param repoTags normalised names with a tag, sorted; empty after a pull by digest
 * @param repoDigests normalised names with a digest, sorted
 * @param size bytes that its layers take on disk, and its documents
 * @param diffIds its layers, bottom first
 * @param created when it was built; the epoch if the image does not say
 * @param pinned never to be removed by a garbage collector
 */
public record Image(
        Digest id,
        Digest manifest,
        List<String> repoTags,
        List<String> repoDigests,
        long size,
        ImageConfig config,
        List<Digest> diffIds,
        Instant created,
        boolean pinned) {

    public Image {
        repoTags = List.copyOf(repoTags);
        repoDigests = List.copyOf(repoDigests);
        diffIds = List.copyOf(diffIds);
    }

    public Image withPinned(boolean value) {
        return new Image(id, manifest, repoTags, repoDigests, size, config, diffIds, created, value);
    }
}
