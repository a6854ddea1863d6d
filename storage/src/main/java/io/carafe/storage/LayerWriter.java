package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.Stat;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes files of a tree as the members of a layer, directories before what is in them. A further name of a file that was
 * written is a hard link to it. Sockets are left out: nobody serves them where the layer is unpacked.
 */
final class LayerWriter {

    private final TreeChanges.Tree tree;
    private final TarWriter tar;
    private final HardLinks names = new HardLinks();

    LayerWriter(TreeChanges.Tree tree, TarWriter tar) {
        this.tree = tree;
        this.tar = tar;
    }

    void file(String path) throws IOException {
        try (var parent =
                tree.root().openWithoutLinks(EntryPath.parent(path), OpenFlags.READ | OpenFlags.DIRECTORY, 0)) {
            var name = EntryPath.name(path);
            var stat = At.statIfThere(parent, name);
            if (stat != null) {
                file(parent, name, path.isEmpty() ? "." : path, tree.owners().apply(stat));
            }
        }
    }

    private void file(OpenFile parent, String name, String path, Stat stat) throws IOException {
        switch (stat.type()) {
            case Stat.DIRECTORY -> tar.directory(path, stat, attributes(parent, name));
            case Stat.SOCKET -> {}
            default -> {
                var first = names.first(path, stat);
                if (first != null) {
                    tar.hardLink(path, stat, first);
                } else {
                    content(parent, name, path, stat);
                }
            }
        }
    }

    private void content(OpenFile parent, String name, String path, Stat stat) throws IOException {
        switch (stat.type()) {
            case Stat.LINK -> tar.link(path, stat, At.readlink(parent, name));
            case Stat.REGULAR -> {
                try (var content = At.open(parent, name, OpenFlags.READ, 0)) {
                    tar.file(path, stat, attributes(parent, name), content);
                }
            }
            default -> tar.node(path, stat, attributes(parent, name));
        }
    }

    /** Deletes the file of the layers below. */
    void whiteout(String path) throws IOException {
        tar.file(EntryPath.child(EntryPath.parent(path), Whiteouts.PREFIX + EntryPath.name(path)), new byte[0]);
    }

    /** Deletes all that the layers below have in the directory. */
    void opaque(String path) throws IOException {
        tar.file(EntryPath.child(path, Whiteouts.OPAQUE_NAME), new byte[0]);
    }

    /** Those that an image may bring. */
    private static Map<String, byte[]> attributes(OpenFile parent, String name) throws IOException {
        var values = new HashMap<String, byte[]>();
        for (var attribute : At.attributes(parent, name)) {
            if (Attributes.wanted(attribute)) {
                values.put(attribute, At.attribute(parent, name, attribute));
            }
        }
        return values;
    }
}
