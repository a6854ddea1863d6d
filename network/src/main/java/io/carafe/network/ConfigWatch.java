package io.carafe.network;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import io.carafe.network.ConfigDirectory.Contents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Keeps the network configuration in memory and follows its directory by inotify. A directory that does not exist yet
 * is waited for by watching the nearest ancestor that does.
 */
final class ConfigWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.network");

    private final Path confDir;
    private final ConfigDirectory directory;
    private final WatchService watcher;
    private final Consumer<NetworkConfig> onNetwork;
    private Set<WatchKey> keys = Set.of();
    private volatile Contents contents = new Contents(Optional.empty(), "");

    private ConfigWatch(Path confDir, Consumer<NetworkConfig> onNetwork) throws IOException {
        this.confDir = confDir.toAbsolutePath().normalize();
        this.directory = new ConfigDirectory(this.confDir);
        this.onNetwork = onNetwork;
        this.watcher = confDir.getFileSystem().newWatchService();
    }

    /** @param onNetwork told of each network that comes into use, on the thread that found it */
    static ConfigWatch start(Path confDir, Consumer<NetworkConfig> onNetwork) {
        try {
            var watch = new ConfigWatch(confDir, onNetwork);
            watch.register();
            watch.reload();
            Thread.ofVirtual().name("cni-conf-watch").start(watch::follow);
            return watch;
        } catch (IOException e) {
            throw new UncheckedIOException("watch network configuration directory " + confDir, e);
        }
    }

    Contents contents() {
        return contents;
    }

    @Override
    public void close() {
        try {
            watcher.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "stop watching {0}: {1}", confDir, e.getMessage());
        }
    }

    private void follow() {
        try {
            while (true) {
                var key = watcher.take();
                do {
                    key.pollEvents(); // whatever it was, OVERFLOW too: the directory itself is the truth
                    key.reset();
                    key = watcher.poll();
                } while (key != null);
                register();
                reload();
            }
        } catch (ClosedWatchServiceException e) {
            // close() was called
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.ERROR, "network configuration directory " + confDir + " is no longer watched", e);
        }
    }

    /** Watches the directory and its parent, which tells when another directory takes its place. */
    private void register() throws IOException {
        var wanted = new HashSet<WatchKey>();
        Path nearest;
        do {
            nearest = nearestDirectory();
            watch(nearest, wanted);
            if (nearest.equals(confDir) && nearest.getParent() != null) {
                watch(nearest.getParent(), wanted);
            }
        } while (!nearestDirectory().equals(nearest)); // it appeared before its parent was watched
        keys.stream().filter(key -> !wanted.contains(key)).forEach(WatchKey::cancel);
        keys = wanted;
    }

    private void watch(Path path, Set<WatchKey> registered) throws IOException {
        try {
            registered.add(path.register(watcher, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE));
        } catch (IOException e) {
            if (Files.isDirectory(path)) {
                throw e;
            }
            // it went away: the caller looks again
        }
    }

    private Path nearestDirectory() {
        var path = confDir;
        while (!Files.isDirectory(path) && path.getParent() != null) {
            path = path.getParent();
        }
        return path;
    }

    /** Reads the directory now, without waiting for the kernel to tell of a change. */
    synchronized void reload() {
        var before = contents;
        var now = directory.read(before.network());
        contents = now;
        if (!now.problem().equals(before.problem()) && !now.problem().isEmpty()) {
            LOG.log(Level.WARNING, "{0}", now.problem());
        }
        now.network().ifPresent(loaded -> {
            if (!before.network().equals(now.network())) {
                LOG.log(Level.INFO, "pod network {0} from {1}", loaded.config().name(), loaded.file());
                onNetwork.accept(loaded.config());
            }
        });
    }
}
