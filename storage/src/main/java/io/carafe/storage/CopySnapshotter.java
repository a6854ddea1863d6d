package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.TreeUsage;
import io.carafe.linux.mount.MountFlag;
import io.carafe.linux.mount.MountInfo;
import io.carafe.linux.mount.Mounts;
import io.carafe.oci.Digest;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Snapshots as plain copies of their layers, for file systems that cannot be under an overlay, such as another overlay.
 * {@code ROOT/snapshots/<key>/rootfs} is the copy; where the file system shares blocks between files (XFS, Btrfs), it takes
 * little room. Only a read-only snapshot and one with other {@link Snapshot.Owners} need a mount: the copy bound to
 * {@code merged/}, where who owns it on disk is mapped.
 */
public final class CopySnapshotter implements Snapshotter {

    private final SnapshotRecords records;

    CopySnapshotter(SnapshotRecords records) {
        this.records = records;
    }

    @Override
    public Snapshot prepare(String key, List<Digest> diffIds, Snapshot.Options options) {
        return records.prepare(new Snapshot(key, diffIds, options), (directory, stack) -> {
            Files.createDirectory(directory.resolve("merged"));
            Files.createDirectory(directory.resolve("rootfs"));
            try (var target = RootedDir.open(directory.resolve("rootfs"))) {
                target.root().chmod(LayerTree.IMPLIED_MODE);
                for (var layer : stack) {
                    LayerCopy.apply(layer, target);
                }
                var copied = TreeUsage.of(target.root());
                Files.writeString(directory.resolve("copied"), copied.bytes() + " " + copied.inodes());
            }
        });
    }

    @Override
    public Path mount(String key) {
        return records.alone("mount snapshot", key, () -> {
            var snapshot = records.require(key);
            var rootfs = records.directory(key).resolve("rootfs");
            if (!snapshot.options().readOnly() && snapshot.options().owners() == null) {
                return rootfs;
            }
            var merged = records.directory(key).resolve("merged");
            if (!MountInfo.isMountPoint(merged)) {
                if (snapshot.options().owners() == null) {
                    Mounts.bind(rootfs, merged, false);
                } else {
                    snapshot.options().owners().mount(rootfs, merged);
                }
            }
            if (snapshot.options().readOnly()) {
                Mounts.remount(merged, EnumSet.of(MountFlag.READ_ONLY));
            }
            return merged;
        });
    }

    @Override
    public void unmount(String key) {
        records.alone("unmount snapshot", key, () -> Mounts.unmountAll(records.directory(key)));
    }

    @Override
    public void remove(String key) {
        records.alone("remove snapshot", key, () -> {
            Mounts.unmountAll(records.directory(key));
            records.remove(key);
            return null;
        });
    }

    /** What the copy takes beyond what it took when it was made. */
    @Override
    public Usage usage(String key) {
        records.require(key);
        var directory = records.directory(key);
        try (var rootfs = OpenFile.openDirectory(directory.resolve("rootfs"))) {
            var copied = Files.readString(directory.resolve("copied")).split(" ");
            var now = TreeUsage.of(rootfs);
            return new Usage(
                    Math.max(0, now.bytes() - Long.parseLong(copied[0])),
                    Math.max(0, now.inodes() - Long.parseLong(copied[1])));
        } catch (IOException e) {
            throw Failure.of("usage of snapshot " + key, e);
        }
    }

    @Override
    public List<String> writeChanges(String key, TarWriter tar) {
        throw new CarafeException.FailedPrecondition("write the changes of snapshot " + key
                + ": it is a copy of its layers, in which changes are not told from the rest");
    }

    @Override
    public List<Change> changes(String key, Set<String> mountPoints) {
        return records.changes(key, "rootfs", true, mountPoints, TreeChanges::list);
    }

    @Override
    public void writeLayer(String key, Set<String> mountPoints, TarWriter tar) {
        records.writeLayer(key, "rootfs", true, mountPoints, tar);
    }

    @Override
    public Optional<Snapshot> find(String key) {
        return records.find(key);
    }

    @Override
    public List<Snapshot> list() {
        return records.list();
    }
}
