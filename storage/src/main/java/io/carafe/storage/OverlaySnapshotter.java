package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.TreeUsage;
import io.carafe.linux.mount.Mounts;
import io.carafe.linux.mount.OverlayMount;
import io.carafe.oci.Digest;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Snapshots as overlay mounts: {@code ROOT/snapshots/<key>/} holds {@code upper/}, the writable layer, {@code work/} for the
 * kernel, {@code merged/} as the mount point, and {@code empty/} in place of a layer where an image has none.
 *
 * <p>A read-only snapshot has an {@code upper} too, as the topmost read-only directory: it carries owner and mode of
 * directories that the layers only imply.
 *
 * <p>With other {@link Snapshot.Owners} the read-only directories are id-mapped mounts, which are there only while the overlay
 * is being mounted: all layers at {@code mapped/}, the snapshot's own ones in their place. The writable layer is not mapped,
 * since the kernel itself, as root of the node, makes things in it and would have no id there; what the container writes
 * belongs on disk to whom it belongs on the node.
 */
public final class OverlaySnapshotter implements Snapshotter {

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** More mounts than this on one mount point were not made by us. */
    private static final int MAX_STACKED = 8;

    private final SnapshotRecords records;
    private final LayerStore layers;

    OverlaySnapshotter(SnapshotRecords records, LayerStore layers) {
        this.records = records;
        this.layers = layers;
    }

    /** Tries whether overlays can be mounted on directories below {@code directory}. */
    static boolean worksBelow(Path directory) throws IOException {
        var probe = directory.resolve("probe");
        removeProbe(probe); // of a daemon that was killed
        try {
            Files.createDirectory(probe);
            for (var part : List.of("lower", "upper", "work", "merged")) {
                Files.createDirectory(probe.resolve(part));
            }
            new OverlayMount(List.of(probe.resolve("lower")), probe.resolve("upper"), probe.resolve("work"), false)
                    .mount(probe.resolve("merged"));
            return true;
        } catch (IOException refused) {
            return false;
        } finally {
            removeProbe(probe);
        }
    }

    private static void removeProbe(Path probe) throws IOException {
        Mounts.unmountAll(probe);
        try (var parent = OpenFile.openDirectory(probe.getParent())) {
            RootedDir.removeTree(parent, probe.getFileName().toString());
        }
    }

    @Override
    public Snapshot prepare(String key, List<Digest> diffIds, Snapshot.Options options) {
        return records.prepare(new Snapshot(key, diffIds, options), (directory, stack) -> {
            for (var part : List.of("upper", "work", "merged", "empty", "mapped")) {
                Files.createDirectory(directory.resolve(part));
            }
            var owners = options.readOnly() ? null : options.owners();
            try (var upper = RootedDir.open(directory.resolve("upper"));
                    var implied = new ImpliedDirectories(stack, owners == null ? null : owners.ids())) {
                implied.makeIn(upper);
            }
        });
    }

    @Override
    public Path mount(String key) {
        return records.alone("mount snapshot", key, () -> {
            var snapshot = records.require(key);
            var directory = records.directory(key);
            var merged = directory.resolve("merged");
            if (!isMounted(merged)) {
                if (snapshot.options().volatileWrites()) {
                    allowVolatileMount(directory, key);
                }
                if (snapshot.options().owners() == null) {
                    overlay(snapshot, directory, layers.root()).mount(merged);
                } else {
                    mountMapped(snapshot, directory, merged);
                }
            }
            return merged;
        });
    }

    @Override
    public void unmount(String key) {
        records.alone("unmount snapshot", key, () -> {
            unmountNow(key);
            return null;
        });
    }

    @Override
    public void remove(String key) {
        records.alone("remove snapshot", key, () -> {
            unmountNow(key);
            records.remove(key);
            return null;
        });
    }

    @Override
    public Usage usage(String key) {
        records.require(key);
        try (var upper = OpenFile.openDirectory(records.directory(key).resolve("upper"))) {
            var usage = TreeUsage.of(upper);
            return new Usage(usage.bytes(), usage.inodes());
        } catch (IOException e) {
            throw Failure.of("usage of snapshot " + key, e);
        }
    }

    @Override
    public List<String> writeChanges(String key, TarWriter tar) {
        records.require(key);
        try (var upper = OpenFile.openDirectory(records.directory(key).resolve("upper"))) {
            return TreeTar.write(upper, "", tar);
        } catch (IOException e) {
            throw Failure.of("write the changes of snapshot " + key, e);
        }
    }

    @Override
    public List<Change> changes(String key, Set<String> mountPoints) {
        return records.changes(key, "upper", false, mountPoints, TreeChanges::list);
    }

    @Override
    public void writeLayer(String key, Set<String> mountPoints, TarWriter tar) {
        records.writeLayer(key, "upper", false, mountPoints, tar);
    }

    @Override
    public Optional<Snapshot> find(String key) {
        return records.find(key);
    }

    @Override
    public List<Snapshot> list() {
        return records.list();
    }

    /** The overlay keeps mounts of its own of the directories it is given, so that these can go again. */
    private void mountMapped(Snapshot snapshot, Path directory, Path merged) throws IOException {
        var owners = snapshot.options().owners();
        unmountMapped(directory); // after a crash
        try {
            owners.mount(layers.root(), directory.resolve("mapped"));
            owners.mount(directory.resolve("empty"), directory.resolve("empty"));
            if (snapshot.options().readOnly()) {
                owners.mount(directory.resolve("upper"), directory.resolve("upper"));
            }
            overlay(snapshot, directory, directory.resolve("mapped")).mount(merged);
        } finally {
            unmountMapped(directory);
        }
    }

    private static void unmountMapped(Path directory) throws IOException {
        for (var part : List.of("mapped", "empty", "upper")) {
            Mounts.unmountIfThere(directory.resolve(part));
        }
    }

    /**
     * Overlayfs refuses a directory twice: of a layer that an image has twice, the upper one hides the lower anyway.
     *
     * @param store where the layers are: the root of their store, or another mount of it
     */
    private OverlayMount overlay(Snapshot snapshot, Path directory, Path store) {
        var stack = new ArrayList<Path>();
        for (var diffId : new LinkedHashSet<>(snapshot.layers().reversed())) {
            var layer = layers.find(diffId)
                    .orElseThrow(() -> new CarafeException.NotFound(
                            "mount snapshot " + snapshot.key() + ": layer " + diffId + " is not in the store"));
            stack.add(store.resolve(layers.root().relativize(layer.diff())));
        }
        if (stack.isEmpty()) {
            stack.add(directory.resolve("empty"));
        }
        var upper = directory.resolve("upper");
        if (snapshot.options().readOnly()) {
            stack.addFirst(upper);
            return OverlayMount.readOnly(stack);
        }
        return new OverlayMount(
                stack, upper, directory.resolve("work"), snapshot.options().volatileWrites());
    }

    /**
     * A volatile mount leaves a mark in its work directory, and the kernel refuses to mount again while it is there. If the
     * machine has not been restarted, what was written is still in the page cache and the mark can go; otherwise nobody knows
     * what is missing.
     */
    private static void allowVolatileMount(Path directory, String key) throws IOException {
        var boot = Files.readString(BOOT_ID).strip();
        var mark = directory.resolve("boot");
        if (!Files.exists(mark)) {
            Files.writeString(mark, boot);
            return;
        }
        if (!Files.readString(mark).equals(boot)) {
            throw new CarafeException.FailedPrecondition("mount snapshot " + key
                    + ": it is volatile and the machine has been restarted, so writes may be missing; remove it");
        }
        try (var work = RootedDir.open(directory.resolve("work"))) {
            work.removeTree("work/incompat");
        }
    }

    private void unmountNow(String key) throws IOException {
        var merged = records.directory(key).resolve("merged");
        for (int i = 0; i < MAX_STACKED && Mounts.unmountIfThere(merged); i++) {
            // a stacked mount, from whoever made it, goes too
        }
        if (records.find(key)
                .filter(snapshot -> snapshot.options().owners() != null)
                .isPresent()) {
            unmountMapped(records.directory(key));
        }
    }

    private static boolean isMounted(Path merged) throws IOException {
        try (var parent = OpenFile.openDirectory(merged.getParent())) {
            return At.stat(parent, merged.getFileName().toString()).mountRoot();
        }
    }
}
