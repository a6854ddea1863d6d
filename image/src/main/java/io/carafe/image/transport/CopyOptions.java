package io.carafe.image.transport;

import io.carafe.image.compress.Compression;
import io.carafe.oci.image.Platform;

/**
 * How an image is copied.
 *
 * @param all every manifest of an index, not only one
 * @param platform which one of an index; null for the host's
 * @param compression of layers; null to leave compressed ones as they are, and to compress others with gzip where the
 *     destination wants that
 * @param form of the manifest; {@code SAME} to leave it
 * @param preserveDigests whether to fail rather than to change a manifest
 * @param parallel layers at a time
 */
public record CopyOptions(
        boolean all,
        Platform platform,
        Compression compression,
        ManifestForm form,
        boolean preserveDigests,
        int parallel) {

    /** One platform's image, changed as little as the destination allows. */
    public static final CopyOptions DEFAULT = new CopyOptions(false, null, null, ManifestForm.SAME, false, 3);

    public CopyOptions withAll(boolean value) {
        return new CopyOptions(value, platform, compression, form, preserveDigests, parallel);
    }

    public CopyOptions withPlatform(Platform value) {
        return new CopyOptions(all, value, compression, form, preserveDigests, parallel);
    }

    public CopyOptions withCompression(Compression value) {
        return new CopyOptions(all, platform, value, form, preserveDigests, parallel);
    }

    public CopyOptions withForm(ManifestForm value) {
        return new CopyOptions(all, platform, compression, value, preserveDigests, parallel);
    }

    public CopyOptions withPreserveDigests(boolean value) {
        return new CopyOptions(all, platform, compression, form, value, parallel);
    }
}
