package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.mount.MountInfo;
import io.carafe.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The store of one daemon: its layers and its snapshots below one root directory. Only one process may have it open at a
 * time; the daemon's instance lock sees to that.
 *
 * <pre>
 * ROOT/layers/sha256/HEX/{diff/,layer.json,tar-split.zst,replaced/}
 * ROOT/snapshots/KEY/{snapshot.json,upper/,work/,merged/}
 * ROOT/trash/                                              what is being deleted
 * </pre>
 */
public final class Storage implements AutoCloseable {

    private static final List<String> PARTS = List.of("layers", "snapshots", "trash");

    private final Path root;
    private final Trash trash;
    private final LayerStore layers;
    private final Snapshotter snapshots;

    private Storage(Path root, Trash trash, LayerStore layers, Snapshotter snapshots) {
        this.root = root;
        this.trash = trash;
        this.layers = layers;
        this.snapshots = snapshots;
    }

    /** Which {@link Snapshotter} to use. */
    public enum Kind {
        /** Overlayfs where it works below this root, copies otherwise. */
        AUTO,
        OVERLAY,
        COPY
    }

    /**
     * Opens the store below {@code root}, makes it if it is not there, and takes away what a crash left half done.
     *
     * @throws CarafeException.FailedPrecondition if {@code kind} is OVERLAY and overlayfs does not work there
     */
    public static Storage open(Path root, Kind kind) {
        try {
            var absolute = root.toAbsolutePath().normalize();
            // set-user-ID programs of images must not be in reach of the node's users (CVE-2021-41091)
            makeDirectory(absolute.resolve("layers"), "rwx------");
            // a container's root has to find the way to its snapshot, whose own directory keeps everybody else out
            makeDirectory(absolute.resolve("snapshots"), "rwx--x--x");
            var trash = new Trash(absolute.resolve("trash"));
            makeDirectory(absolute.resolve("trash"), "rwx------");
            var layers = LayerStore.open(absolute.resolve("layers"), trash);
            var records = SnapshotRecords.open(absolute.resolve("snapshots"), layers, trash);
            layers.sweepRetired();
            boolean overlay = useOverlay(absolute, kind, layers);
            trash.emptyInBackground();
            var snapshots = overlay ? new OverlaySnapshotter(records, layers) : new CopySnapshotter(records);
            return new Storage(absolute, trash, layers, snapshots);
        } catch (IOException e) {
            throw Failure.of("open the store at " + root, e);
        }
    }

    public LayerStore layers() {
        return layers;
    }

    public Snapshotter snapshots() {
        return snapshots;
    }

    public StoreUsage usage() {
        try (var directory = OpenFile.openDirectory(root)) {
            var space = directory.space();
            return new StoreUsage(
                    root,
                    layers.usage(),
                    space.totalBytes(),
                    space.availableBytes(),
                    space.totalInodes(),
                    space.availableInodes());
        } catch (IOException e) {
            throw Failure.of("usage of the store at " + root, e);
        }
    }

    /** What is mounted in the store and belongs to no snapshot: left by a daemon that died, or made by somebody else. */
    public List<Path> staleMounts() {
        try {
            return MountInfo.below(root).stream()
                    .map(MountInfo::path)
                    .filter(mount -> PARTS.stream().map(root::resolve).anyMatch(mount::startsWith))
                    .filter(mount -> !isOfSnapshot(mount))
                    .toList();
        } catch (IOException e) {
            throw Failure.of("look for mounts below " + root, e);
        }
    }

    /** Takes one of {@link #staleMounts} away, also if somebody is in it still. */
    public void unmountStale(Path mount) {
        try {
            Mounts.unmountAll(mount);
        } catch (IOException e) {
            throw Failure.of("unmount " + mount, e);
        }
    }

    private boolean isOfSnapshot(Path mount) {
        var parts = root.relativize(mount);
        return parts.startsWith("snapshots")
                && parts.getNameCount() > 2
                && snapshots.find(parts.getName(1).toString()).isPresent();
    }

    /** Waits for the deletion of leftovers that {@link #open} has started. Snapshots stay mounted. */
    @Override
    public void close() {
        trash.close();
    }

    private static boolean useOverlay(Path root, Kind kind, LayerStore layers) throws IOException {
        if (kind == Kind.COPY) {
            return false;
        }
        boolean works = layers.holdsOverlayNodes() && OverlaySnapshotter.worksBelow(root.resolve("snapshots/.tmp"));
        if (!works && kind == Kind.OVERLAY) {
            throw new CarafeException.FailedPrecondition(
                    "the store at " + root
                            + ": overlayfs does not work on this file system; choose another root or the snapshotter that copies");
        }
        return works;
    }

    private static void makeDirectory(Path directory, String permissions) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
    }
}
