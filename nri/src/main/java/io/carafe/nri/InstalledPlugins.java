package io.carafe.nri;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.process.Child;
import io.carafe.linux.process.Spawn;
import io.carafe.linux.socket.SocketPair;
import io.carafe.nri.ttrpc.Trunk;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The plugins that are installed on the node: programs that are started with their end of a socket as descriptor 3. */
record InstalledPlugins(Path directory, Path configDirectory) {

    /** One that runs. */
    record Running(PluginId id, String configuration, Trunk trunk, Child process) implements AutoCloseable {

        private static final Duration LEAVES = Duration.ofSeconds(1);

        /** Lets it end by itself for a second, since its socket is closed, and kills it then. */
        @Override
        public void close() {
            try {
                process.waitFor(Deadline.after(LEAVES));
            } catch (IOException | CarafeException.Cancelled e) {
                LOG.log(Level.DEBUG, "wait for the end of plugin {0}: {1}", id, e.getMessage());
            }
            process.close();
        }
    }

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");
    private static final int SOCKET = 3;
    private static final long LARGEST_CONFIGURATION = 1 << 20;

    /** Starts all. What cannot be started is logged: a node without one of its plugins is better than no node. */
    List<Running> start() {
        var running = new ArrayList<Running>();
        for (var program : programs()) {
            try {
                running.add(start(program));
            } catch (IOException | CarafeException e) {
                LOG.log(Level.ERROR, "plugin {0} cannot be started: {1}", program, e.getMessage());
            }
        }
        return running;
    }

    private List<Path> programs() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var files = Files.list(directory)) {
            return files.filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            LOG.log(Level.ERROR, "look for plugins in {0}: {1}", directory, e.getMessage());
            return List.of();
        }
    }

    private Running start(Path program) throws IOException {
        var id = PluginId.ofFile(program.getFileName().toString());
        var configuration = configuration(id);
        var sockets = SocketPair.open();
        try (var theirs = sockets.theirs()) {
            var process = Spawn.of(program.toAbsolutePath().toString())
                    .withEnvironment(Map.of(
                            "NRI_PLUGIN_NAME", id.name(),
                            "NRI_PLUGIN_IDX", id.index(),
                            "NRI_PLUGIN_SOCKET", Integer.toString(SOCKET),
                            "PATH", System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")))
                    .withDescriptor(SOCKET, theirs)
                    .withGroup(Spawn.Group.OWN_SESSION)
                    .start();
            return new Running(id, configuration, Trunk.of(sockets.ours()), process);
        } catch (IOException e) {
            sockets.close();
            throw e;
        }
    }

    private String configuration(PluginId id) throws IOException {
        for (var name : List.of(id + ".conf", id.name() + ".conf")) {
            var file = configDirectory.resolve(name);
            if (Files.exists(file)) {
                if (Files.size(file) > LARGEST_CONFIGURATION) {
                    throw new CarafeException.InvalidArgument(
                            file + " has more than " + LARGEST_CONFIGURATION + " bytes");
                }
                return Files.readString(file);
            }
        }
        return "";
    }
}
