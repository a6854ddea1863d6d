package io.carafe.image.store;

import io.carafe.image.Image;
import io.carafe.oci.Digest;
import io.carafe.oci.image.ImageConfig;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * What is written down about an image, in {@code ROOT/records/<hex of the id>.json}.
 *
 * @param documents blobs it needs: indexes, manifest, configuration
 * @param updated when a name was last given to it; of two images with one name, the later has it
 */
record ImageRecord(
        Digest id,
        Digest manifest,
        List<Digest> documents,
        List<String> tags,
        List<String> digests,
        List<Digest> diffIds,
        long size,
        Instant updated) {

    boolean isWhole() {
        return id != null
                && manifest != null
                && documents != null
                && tags != null
                && digests != null
                && diffIds != null
                && updated != null;
    }

    /** With one more name, given now. */
    ImageRecord withTag(String tag) {
        var more = new ArrayList<>(tags);
        more.remove(tag);
        more.add(tag);
        return withTags(more, Instant.now());
    }

    ImageRecord withoutTag(String tag) {
        var rest = new ArrayList<>(tags);
        rest.remove(tag);
        return withTags(rest, updated);
    }

    private ImageRecord withTags(List<String> changed, Instant when) {
        return new ImageRecord(id, manifest, documents, List.copyOf(changed), digests, diffIds, size, when);
    }

    Image image(ImageConfig config) {
        return new Image(
                id,
                manifest,
                tags.stream().sorted().toList(),
                digests.stream().sorted().toList(),
                size,
                config,
                diffIds,
                created(config.created()),
                false);
    }

    private static Instant created(String text) {
        try {
            return text == null ? Instant.EPOCH : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }
}
