package io.carafe.image.store;

import io.carafe.image.Reference;
import io.carafe.image.pull.ResolvedImage.Document;
import io.carafe.oci.Digest;
import io.carafe.oci.image.ImageConfig;
import java.util.List;

/**
 * An image to be written down.
 *
 * @param id the digest of its configuration
 * @param manifest the digest of its platform's manifest
 * @param diffIds its layers, bottom first
 * @param documents index (if there is one), manifest and configuration
 * @param tags names with a tag
 * @param digests names with a digest: of the index if there is one, else of the manifest
 * @param size bytes that its layers take
 */
public record NewImage(
        Digest id,
        Digest manifest,
        ImageConfig config,
        List<Digest> diffIds,
        List<Document> documents,
        List<Reference> tags,
        List<Reference> digests,
        long size) {}
