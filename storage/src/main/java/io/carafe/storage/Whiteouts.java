package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.Stat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * What a layer hides of the layers below it (OCI image-spec, layer, "Whiteouts"). The archive says it with members named
 * {@code .wh.NAME} and {@code .wh..wh..opq}; overlayfs wants character devices 0:0 and the attribute
 * {@code trusted.overlay.opaque}. Both the list in {@code layer.json} and, where the file system allows it, those nodes are
 * made: a file system that is an overlay itself does not allow it, and there copies are made from the list.
 */
final class Whiteouts {

    static final String PREFIX = ".wh.";
    static final String OPAQUE_NAME = ".wh..wh..opq";

    /** Bookkeeping of aufs, which no other file system wants: {@code .wh..wh.aufs}, {@code .wh..wh.plnk}, {@code .wh..wh.orph}. */
    static final String AUFS_PREFIX = ".wh..wh.";

    private static final String OPAQUE_ATTRIBUTE = "trusted.overlay.opaque";
    private static final byte[] YES = "y".getBytes(StandardCharsets.US_ASCII);

    private final boolean nodes;
    private final int limit;
    private final TreeSet<String> hidden = new TreeSet<>();
    private final TreeSet<String> opaque = new TreeSet<>();

    /**
     * @param nodes whether the file system can hold overlayfs's devices and attributes
     * @param limit how many names may be hidden
     */
    Whiteouts(boolean nodes, int limit) {
        this.nodes = nodes;
        this.limit = limit;
    }

    static boolean isBelowAufsDirectory(String path) {
        return path.startsWith(AUFS_PREFIX) || path.contains("/" + AUFS_PREFIX);
    }

    List<String> hidden() {
        return List.copyOf(hidden);
    }

    List<String> opaque() {
        return List.copyOf(opaque);
    }

    boolean hides(String path) {
        return hidden.contains(path);
    }

    /** Hides {@code name} of the lower layers. What this layer itself has under that name stays: it replaces them. */
    void hide(LayerTree tree, LayerTree.Directory parent, String name) throws IOException {
        var path = EntryPath.child(parent.path(), name);
        var own = tree.find(path);
        if (own != null) {
            makeOpaque(own);
        } else if (At.statIfThere(parent.fd(), name) == null && hidden.add(path)) {
            if (hidden.size() > limit) {
                throw EntryPath.refused(path, "the layer has more than " + limit + " whiteouts");
            }
            if (nodes) {
                At.mknod(parent.fd(), name, Stat.CHARACTER_DEVICE, 0);
            }
        }
    }

    void makeOpaque(LayerTree.Directory directory) throws IOException {
        if (opaque.add(directory.path()) && nodes) {
            directory.fd().setAttribute(OPAQUE_ATTRIBUTE, YES);
        }
    }

    /** Whether overlayfs shows nothing of lower layers in a directory. */
    static boolean isOpaque(OpenFile directory) throws IOException {
        return Arrays.equals(directory.attribute(OPAQUE_ATTRIBUTE), YES);
    }

    /** Turns a hidden name into a directory, which then must not show what was hidden. */
    LayerTree.Directory replaceByDirectory(LayerTree tree, LayerTree.Directory parent, String name) throws IOException {
        tree.remove(parent, name);
        var made = tree.make(parent, name);
        makeOpaque(made);
        return made;
    }

    /** Something else takes the place of {@code path} and of all below it. */
    void forget(String path) {
        hidden.remove(path);
        opaque.remove(path);
        var below = path + "/";
        hidden.subSet(below, path + "0").clear(); // '0' follows '/'
        opaque.subSet(below, path + "0").clear();
    }
}
