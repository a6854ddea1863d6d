package io.carafe.engine;

import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What is done with the engine's own directories of pods and containers, whatever became of what is in them. */
public final class RunDirectory {

    private RunDirectory() {}

    /** Takes away every mount in {@code directory} and deletes it; gone already is fine. */
    public static void erase(Path directory) throws IOException {
        if (Files.exists(directory)) {
            Mounts.unmountAll(directory);
            delete(directory);
        }
    }

    /** Deletes {@code directory}, in which nothing is mounted; gone already is fine. */
    public static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (var parent = RootedDir.open(directory.getParent())) {
                parent.removeTree(directory.getFileName().toString());
            }
        }
    }

    /** The names in {@code directory}, each that of a pod or a container; none if it is not there. */
    public static List<String> names(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }
}
