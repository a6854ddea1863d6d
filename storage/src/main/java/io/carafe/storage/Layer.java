package io.carafe.storage;

import io.carafe.oci.Digest;
import java.nio.file.Path;

/**
 * One layer of an image, unpacked: the changes that it makes to the layers below it.
 *
 * @param diffId digest of the uncompressed tar (OCI image-spec, config, {@code rootfs.diff_ids})
 * @param diff the directory with the files
 * @param usage what it takes on disk, measured when it was unpacked
 */
public record Layer(Digest diffId, Path diff, Usage usage) {}
