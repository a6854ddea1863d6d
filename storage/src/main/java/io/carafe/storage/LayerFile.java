package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.json.JsonWriteFeature;

/**
 * The document {@code layer.json}: what is known about a layer besides the path that it has on this node. Paths in the lists
 * are relative to the layer's root, without a slash at either end; the root itself is "".
 *
 * @param version of this form; another one is a foreign directory
 * @param nodes whether whiteouts are there as overlayfs's devices and attributes too
 * @param implied directories that the tar did not name but that files in it need: they say nothing about owner and mode,
 *     so those of the next lower layer hold
 * @param whiteouts paths of lower layers that this layer hides
 * @param opaque directories whose contents in lower layers this layer hides
 */
record LayerFile(
        int version,
        Digest diffId,
        boolean nodes,
        long bytes,
        long inodes,
        List<String> implied,
        List<String> whiteouts,
        List<String> opaque) {

    static final String NAME = "layer.json";

    /** The files, beside this document. */
    static final String DIFF = "diff";

    /** What the archive is made of besides their data. */
    static final String TAR_SPLIT = "tar-split.zst";

    /** Files that later members of the archive have taken the place of; there only if there are any. */
    static final String REPLACED = "replaced";

    private static final int VERSION = 1;

    static LayerFile of(Digest diffId, boolean nodes, LayerUnpacker.Result result) {
        return new LayerFile(
                VERSION,
                diffId,
                nodes,
                result.usage().bytes(),
                result.usage().inodes(),
                result.implied(),
                result.whiteouts(),
                result.opaque());
    }

    /** Reads and checks the record of the layer in {@code directory}. */
    static LayerFile read(Path directory, Digest expected) throws IOException {
        var path = directory.resolve(NAME);
        var file = Json.read(path, LayerFile.class);
        boolean complete = file.version == VERSION
                && expected.equals(file.diffId)
                && file.implied != null
                && file.whiteouts != null
                && file.opaque != null;
        if (!complete || !Files.isDirectory(directory.resolve(DIFF))) {
            throw new CarafeException.InvalidArgument(path + ": not the record of layer " + expected);
        }
        return file;
    }

    /** As ASCII, since names that are not UTF-8 hold lone surrogates. */
    byte[] toJson() {
        return Json.mapper().writer().with(JsonWriteFeature.ESCAPE_NON_ASCII).writeValueAsBytes(this);
    }

    Layer in(Path directory) {
        return new Layer(diffId, directory.resolve(DIFF), new Usage(bytes, inodes));
    }
}
