package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.OpenFile;
import io.carafe.oci.Digest;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Gives each container a root file system of its own without copying its image.
 *
 * <p>A few words. A <em>layer</em> is an unpacked, immutable part of an image, in the {@link LayerStore}, named by its
 * DiffID and shared by everybody. A <em>snapshot</em> is a stack of layers, the bottom one first, with a directory on
 * top of its own that takes the writes: the <em>writable layer</em>. Its <em>key</em> is chosen by the caller. A snapshot
 * is <em>prepared</em> when its record is on disk and <em>mounted</em> when its files can be seen at a path.
 *
 * <p><b>Running a container.</b> All layers of the image are in the store. {@code prepare(id, diffIds, options)} records
 * the snapshot, and from here on none of its layers can be removed. {@code mount(id)} returns the path that goes into the
 * OCI config as {@code root.path}. The container runs, {@code usage(id)} tells what it has written. When it is gone,
 * {@code unmount(id)} may be called, the writes stay, and {@code mount(id)} brings them back; {@code remove(id)} ends it.
 *
 * <p><b>Other owners.</b> A container in a user namespace must find the files of root owned by its own root, who is somebody
 * else on the node. Its snapshot is prepared with {@link Snapshot.Owners} and mounted with the owners mapped, so that layers
 * stay shared and nothing is copied or changed on disk; the kernel and the file system have to be able to.
 *
 * <p><b>Crash.</b> The record is on disk before anything is mounted and is the last thing to go, so after a crash at any
 * line {@link #list} names what there is and {@link #remove} takes it away. Every operation may be repeated: preparing what
 * is prepared in the same way, mounting what is mounted, unmounting and removing what is gone all succeed.
 *
 * <p>Operations on one key wait for each other; operations on different keys do not. They block for as long as the kernel
 * takes, and fail with {@link CarafeException} only: {@code InvalidArgument} for a bad key, {@code NotFound} for a key
 * that is not prepared or a layer that is missing, {@code AlreadyExists} if the key is prepared with other layers or
 * options, {@code ResourceExhausted} when the disk is full.
 */
public sealed interface Snapshotter permits OverlaySnapshotter, CopySnapshotter {

    /**
     * Records a snapshot.
     *
     * @param key one to 200 of {@code A–Z a–z 0–9 _ . -}, not starting with a dot
     * @param layers DiffIDs from the bottom to the top, as an image's config lists them; may be empty
     */
    Snapshot prepare(String key, List<Digest> layers, Snapshot.Options options);

    /** Makes the snapshot's files visible and returns the directory; the same one each time. */
    Path mount(String key);

    /** Takes the mount away, lazily if something still uses it. The writable layer stays. */
    void unmount(String key);

    /** Unmounts the snapshot and deletes its writable layer and its record. Its layers are free to go then. */
    void remove(String key);

    /** What the writable layer takes on disk. */
    Usage usage(String key);

    /**
     * Writes what the writable layer has changed into a tar, which stays open.
     *
     * @return paths that were deleted of the layers below
     * @throws CarafeException.FailedPrecondition if changes cannot be told from the rest
     */
    List<String> writeChanges(String key, TarWriter tar);

    /**
     * Mounts the snapshot and changes its files as those of another one of the same layers were.
     *
     * @param tar what {@link #writeChanges} wrote there
     * @param deleted what it returned
     * @param staging a directory that is made, and the caller's to delete
     */
    default void applyChanges(String key, Path tar, List<String> deleted, Path staging) {
        try (var changes = Files.newInputStream(tar)) {
            TreeUntar.apply("changes for snapshot " + key, changes, deleted, staging, mount(key));
        } catch (IOException e) {
            throw Failure.of("apply changes to snapshot " + key, e);
        }
    }

    /**
     * Writes all files that a container of the snapshot sees into a tar, which stays open, with the owners that it sees. The
     * snapshot is mounted for it, and stays so.
     */
    default void writeFiles(String key, TarWriter tar) {
        var snapshot =
                find(key).orElseThrow(() -> new CarafeException.NotFound("snapshot " + key + " is not prepared"));
        var owners = snapshot.options().owners();
        try (var root = OpenFile.openDirectory(mount(key))) {
            TreeTar.write(root, "", tar, owners == null ? UnaryOperator.identity() : owners::seenFrom);
        } catch (IOException e) {
            throw Failure.of("write the files of snapshot " + key, e);
        }
    }

    /**
     * What the writable layer has changed of the files of the layers below, in the order of the paths.
     *
     * @param mountPoints paths on which something is mounted in the container, without a slash in front: what was made for that
     *     and is empty does not count
     */
    List<Change> changes(String key, Set<String> mountPoints);

    /**
     * Writes these changes into a tar as a layer of an image, with whiteouts for what was deleted, and the owners that the
     * container sees. The tar stays open.
     */
    void writeLayer(String key, Set<String> mountPoints, TarWriter tar);

    Optional<Snapshot> find(String key);

    /** All snapshots, in the order of their keys. */
    List<Snapshot> list();
}
