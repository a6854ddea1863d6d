package io.carafe.storage;

import io.carafe.oci.Digest;
import java.nio.file.Path;
import java.util.List;

/**
 * One layer of an image, unpacked: the changes that it makes to the layers below it.
 *
 * <p>Paths in the lists are relative to the layer's root, without a slash at either end; the root itself is "".
 *
 * @param diffId digest of the uncompressed tar (OCI image-spec, config, {@code rootfs.diff_ids})
 * @param diff the directory with the files
 * @param usage what it takes on disk, measured when it was unpacked
 * @param implied directories that the tar did not name but that files in it need: they say nothing about owner and mode,
 *     so those of the next lower layer hold
 * @param whiteouts paths of lower layers that this layer hides
 * @param opaque directories whose contents in lower layers this layer hides
 */
public record Layer(
        Digest diffId, Path diff, Usage usage, List<String> implied, List<String> whiteouts, List<String> opaque) {

    public Layer {
        implied = List.copyOf(implied);
        whiteouts = List.copyOf(whiteouts);
        opaque = List.copyOf(opaque);
    }
}
