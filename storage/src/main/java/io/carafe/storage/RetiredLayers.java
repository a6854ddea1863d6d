package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Predicate;

/**
 * Damaged layers that were replaced, or set aside, while snapshots were mounted on them. A mounted overlay must not lose its lower
 * directories, so they stay, as they are, in {@code ROOT/layers/.retired/<algorithm>-<hex>-<number>} until nothing uses
 * the layer any more.
 */
final class RetiredLayers {

    static final String NAME = ".retired";

    private static final Logger LOG = System.getLogger("io.carafe.storage");

    private final Path directory;
    private final Trash trash;

    RetiredLayers(Path layers, Trash trash) throws IOException {
        this.directory = Files.createDirectories(layers.resolve(NAME));
        this.trash = trash;
    }

    /** Puts {@code staged} in the place of the layer at {@code target} in one step, and keeps that one here. */
    void exchange(Digest layer, Path staged, Path target) throws IOException {
        var name = name(layer);
        Files.move(staged, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        try (var here = OpenFile.openDirectory(directory);
                var there = OpenFile.openDirectory(target.getParent())) {
            At.exchange(here, name, there, target.getFileName().toString());
            here.sync();
            there.sync();
        }
    }

    /** Keeps a layer here that cannot be used any more. */
    void keep(Digest layer, Path from) throws IOException {
        Files.move(from, directory.resolve(name(layer)), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String name(Digest layer) {
        return layer.algorithm() + "-" + layer.hex() + "-" + System.nanoTime();
    }

    /** Deletes those that nothing uses. */
    void sweep(Predicate<Digest> used) {
        try {
            for (var path : list()) {
                if (!used.test(layer(path))) {
                    trash.delete(path);
                }
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "delete replaced layers in {0}: {1}; the next start tries again", directory, e);
        }
    }

    private List<Path> list() throws IOException {
        try (var list = Files.list(directory)) {
            return list.toList();
        }
    }

    private static Digest layer(Path path) {
        var parts = path.getFileName().toString().split("-");
        return new Digest(parts[0], parts.length > 1 ? parts[1] : "");
    }
}
