package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The directory of network configurations. As in CRI-O and containerd, the first valid file by name is the pod network,
 * whether it is a {@code .conflist} or one of the old single-plugin forms.
 */
final class ConfigDirectory {

    private static final int LARGEST_FILE = 1 << 20;
    private static final int MOST_FILES = 1000;

    private final Path directory;

    ConfigDirectory(Path directory) {
        this.directory = directory;
    }

    /**
     * The state of the directory.
     *
     * @param network the pod network and its file
     * @param problem what an operator should repair, empty if nothing
     */
    record Contents(Optional<Loaded> network, String problem) {}

    record Loaded(Path file, NetworkConfig config) {}

    /**
     * Reads the directory. A file that was good and is broken now keeps its last good network: half-written files and
     * typing errors must not take the network from a node.
     */
    Contents read(Optional<Loaded> before) {
        List<Path> files;
        try {
            files = configFiles(directory, ".conflist", ".conf", ".json");
        } catch (NoSuchFileException e) {
            return new Contents(
                    Optional.empty(), "the network configuration directory " + directory + " does not exist");
        } catch (IOException e) {
            return new Contents(before, "read network configuration directory " + directory + ": " + reason(e));
        }
        if (files.isEmpty()) {
            return new Contents(Optional.empty(), "no network configuration in " + directory);
        }
        var problems = new ArrayList<String>();
        for (var file : files) {
            try {
                return new Contents(Optional.of(new Loaded(file, load(file))), String.join("; ", problems));
            } catch (NoSuchFileException e) {
                // deleted meanwhile: the watch will tell
            } catch (InvalidArgument | IOException e) {
                problems.add("network configuration " + file + ": " + reason(e));
                if (before.isPresent() && before.get().file().equals(file)) {
                    problems.add("the network " + before.get().config().name() + " as it was before stays in use");
                    return new Contents(before, String.join("; ", problems));
                }
            }
        }
        return new Contents(
                Optional.empty(),
                problems.isEmpty() ? "no network configuration in " + directory : String.join("; ", problems));
    }

    private static NetworkConfig load(Path file) throws IOException {
        var json = read(file);
        if (!file.toString().endsWith(".conflist")) {
            return NetworkConfig.ofSinglePlugin(json);
        }
        if (!NetworkConfig.loadsFromDirectory(json)) {
            return NetworkConfig.ofList(json, List.of());
        }
        var besides = new ArrayList<ObjectNode>();
        try {
            for (var plugin : configFiles(file.resolveSibling(NetworkConfig.nameOf(json)), ".conf")) {
                besides.add(read(plugin));
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // no plugins beside the list
        }
        return NetworkConfig.ofList(json, besides);
    }

    private static ObjectNode read(Path file) throws IOException {
        // anything else may block for ever when it is opened
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new InvalidArgument("not a regular file");
        }
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(LARGEST_FILE + 1);
            if (bytes.length > LARGEST_FILE) {
                throw new InvalidArgument("larger than " + LARGEST_FILE + " bytes");
            }
            return CniJson.object(bytes);
        }
    }

    private static List<Path> configFiles(Path directory, String... endings) throws IOException {
        try (var names = Files.list(directory)) {
            return names.filter(file -> Stream.of(endings).anyMatch(file.toString()::endsWith))
                    .limit(MOST_FILES)
                    .sorted()
                    .toList();
        }
    }

    private static String reason(Exception e) {
        return e instanceof InvalidArgument ? e.getMessage() : e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
