package io.carafe.storage;

import io.carafe.linux.fs.RootedDir;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** A layer with its lists as sets; opened when it is first looked into, which most images need for few. */
final class LayerPart implements AutoCloseable {

    private final Path diff;

    /** Directories that the layer does not describe. */
    final Set<String> implied;

    /** Paths that the layer deletes. */
    final Set<String> whiteouts;

    /** Directories in which nothing of the lower layers shows. */
    final Set<String> opaque;

    private RootedDir root;

    LayerPart(LayerContents layer) {
        diff = layer.diff();
        implied = new HashSet<>(layer.file().implied());
        whiteouts = new HashSet<>(layer.file().whiteouts());
        opaque = new HashSet<>(layer.file().opaque());
    }

    RootedDir root() throws IOException {
        if (root == null) {
            root = RootedDir.open(diff);
        }
        return root;
    }

    /** Whether nothing of the lower layers shows at {@code path} itself. */
    boolean hides(String path) {
        return whiteouts.contains(path) || opaque.contains(path);
    }

    @Override
    public void close() {
        if (root != null) {
            root.close();
        }
    }
}
