package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import io.carafe.linux.mount.Mounts;
import io.carafe.oci.Json;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The snapshots on disk, each a directory {@code ROOT/snapshots/<key>/} with {@code snapshot.json} and what its kind of
 * snapshotter puts beside it. A snapshot's directory is made aside and appears under its key by a rename; it goes by a rename
 * to the trash. Nothing is synced to disk: after a power failure no container runs, and what is damaged is removed.
 */
final class SnapshotRecords {

    private static final Logger LOG = System.getLogger("io.carafe.storage");
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}");
    private static final String FILE = "snapshot.json";

    private final Path root;
    private final Path temporary;
    private final LayerStore layers;
    private final Trash trash;
    private final Map<String, Snapshot> snapshots = new TreeMap<>();
    private final Map<String, KeyLock> locks = new ConcurrentHashMap<>();

    private SnapshotRecords(Path root, Path temporary, LayerStore layers, Trash trash) {
        this.root = root;
        this.temporary = temporary;
        this.layers = layers;
        this.trash = trash;
    }

    static SnapshotRecords open(Path root, LayerStore layers, Trash trash) throws IOException {
        var temporary = Files.createDirectories(root.resolve(".tmp"));
        var records = new SnapshotRecords(root, temporary, layers, trash);
        try (var leftovers = Files.list(temporary)) {
            for (var leftover : leftovers.toList()) {
                records.discard(leftover);
            }
        }
        try (var directories = Files.list(root)) {
            for (var directory : directories.toList()) {
                if (!directory.equals(temporary)) {
                    records.load(directory);
                }
            }
        }
        return records;
    }

    /** What a snapshotter does with the directory of a snapshot. */
    interface Action<T> {
        T run() throws IOException;
    }

    /** Puts into a fresh directory what belongs to a snapshot. */
    interface Filling {
        void into(Path directory, List<LayerContents> layers) throws IOException;
    }

    /** A lock that is kept while somebody has it or waits for it; the count changes inside the map's own lock. */
    private static final class KeyLock extends ReentrantLock {
        private static final long serialVersionUID = 1L;
        private int users = 1;

        private KeyLock shared() {
            users++;
            return this;
        }

        private boolean isLast() {
            return --users == 0;
        }
    }

    Path directory(String key) {
        return root.resolve(key);
    }

    /** Runs an action alone for its key; its errors name what was to be done. */
    <T> T alone(String action, String key, Action<T> body) {
        if (!KEY.matcher(key).matches()) {
            throw new CarafeException.InvalidArgument(action + " " + EntryPath.printable(key)
                    + ": a key is 1 to 200 of A-Z a-z 0-9 _ . - and does not start with a dot");
        }
        var lock = locks.compute(key, (_, known) -> known == null ? new KeyLock() : known.shared());
        lock.lock();
        try {
            return body.run();
        } catch (IOException e) {
            throw Failure.of(action + " " + key, e);
        } finally {
            lock.unlock();
            locks.computeIfPresent(key, (_, known) -> known.isLast() ? null : known);
        }
    }

    /** Records a snapshot and makes its directory, unless it is there. */
    Snapshot prepare(Snapshot wanted, Filling filling) {
        return alone("prepare snapshot", wanted.key(), () -> {
            var there = find(wanted.key());
            if (there.isPresent()) {
                if (there.get().equals(wanted)) {
                    return wanted;
                }
                throw new CarafeException.AlreadyExists(
                        "snapshot " + wanted.key() + " exists with other layers or options: remove it first");
            }
            return create(wanted, filling);
        });
    }

    /** Takes the snapshot and its directory away; it must not be mounted any more. */
    void remove(String key) throws IOException {
        trash.delete(directory(key));
        synchronized (this) {
            snapshots.remove(key);
        }
        layers.release(key);
    }

    synchronized Optional<Snapshot> find(String key) {
        return Optional.ofNullable(snapshots.get(key));
    }

    Snapshot require(String key) {
        return find(key).orElseThrow(() -> new CarafeException.NotFound("snapshot " + key + " does not exist"));
    }

    synchronized List<Snapshot> list() {
        return List.copyOf(snapshots.values());
    }

    /** Does something with what the tree of a snapshot changes of its layers. */
    interface Use<T> {
        T of(TreeChanges changes) throws IOException;
    }

    /**
     * Compares the tree in a part of a snapshot's directory with its layers.
     *
     * @param whole whether the tree has all that the layers have, and the owners that they have
     */
    <T> T changes(String key, String part, boolean whole, Set<String> mountPoints, Use<T> use) {
        var snapshot = require(key);
        var owners = whole ? null : snapshot.options().owners();
        var parts = new ArrayList<LayerPart>();
        try (var root = RootedDir.open(directory(key).resolve(part))) {
            parts.addAll(layers.parts(snapshot.layers()));
            UnaryOperator<Stat> seen = owners == null ? UnaryOperator.identity() : owners::seenFrom;
            return use.of(TreeChanges.in(
                    new TreeChanges.Tree(root, whole, seen, Set.of(), Set.of(), true), parts, mountPoints));
        } catch (IOException e) {
            throw Failure.of("changes of snapshot " + key, e);
        } finally {
            parts.forEach(LayerPart::close);
        }
    }

    /** Writes these changes into a tar, which stays open, as a layer. */
    void writeLayer(String key, String part, boolean whole, Set<String> mountPoints, TarWriter tar) {
        this.<Void>changes(key, part, whole, mountPoints, changes -> {
            changes.write(tar);
            return null;
        });
    }

    private Snapshot create(Snapshot wanted, Filling filling) throws IOException {
        var staged = temporary.resolve(wanted.key());
        boolean published = false;
        try {
            var stack = layers.retain(wanted.key(), wanted.layers());
            trash.delete(staged);
            Files.createDirectory(staged);
            permit(staged, wanted.options().owners());
            filling.into(staged, stack);
            Files.write(staged.resolve(FILE), Json.write(wanted));
            Files.move(staged, directory(wanted.key()), StandardCopyOption.ATOMIC_MOVE);
            synchronized (this) {
                snapshots.put(wanted.key(), wanted);
            }
            published = true;
            return wanted;
        } finally {
            if (!published) {
                layers.release(wanted.key());
                discard(staged);
            }
        }
    }

    /** Nobody but root of the node, and of the user namespace that owns the snapshot, may pass (CVE-2021-41091). */
    private static void permit(Path directory, Snapshot.Owners owners) throws IOException {
        try (var opened = OpenFile.openDirectory(directory)) {
            if (owners == null) {
                opened.chmod(0700);
            } else {
                opened.chown(0, (int) owners.ids().rootGid());
                opened.chmod(0710);
            }
        }
    }

    private void load(Path directory) {
        var key = directory.getFileName().toString();
        try {
            var snapshot = Json.read(directory.resolve(FILE), Snapshot.class);
            if (!key.equals(snapshot.key())) {
                throw new CarafeException.InvalidArgument("it is the record of snapshot " + snapshot.key());
            }
            layers.retainFound(key, snapshot.layers());
            snapshots.put(key, snapshot);
        } catch (IOException | CarafeException e) {
            LOG.log(Level.WARNING, "{0} is no usable snapshot and is removed: {1}", directory, e.getMessage());
            discard(directory);
        }
    }

    private void discard(Path directory) {
        try {
            Mounts.unmountAll(directory);
            trash.delete(directory);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "delete {0}: {1}; the next start tries again", directory, e.getMessage());
        }
    }
}
