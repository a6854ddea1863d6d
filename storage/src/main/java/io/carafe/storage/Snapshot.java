package io.carafe.storage;

import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.Stat;
import io.carafe.linux.mount.DetachedMount;
import io.carafe.linux.process.IdMap;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A stack of layers with a writable one on top, as recorded on disk.
 *
 * @param key the name that its owner gave it, usually a container's id
 * @param layers DiffIDs from the bottom to the top
 */
public record Snapshot(String key, List<Digest> layers, Options options) {

    public Snapshot {
        layers = List.copyOf(layers);
    }

    /**
     * How a snapshot is mounted.
     *
     * @param readOnly nothing can be written to it, for an image used as a volume. A container's root file system is not
     *     read-only in this sense even if the pod asks for it, since its runtime first makes mount points in it
     * @param volatileWrites the kernel need not bring what is written to disk: fsync in the container does nothing and
     *     unmounting is fast (overlayfs {@code volatile}, kernel 5.10). The right choice for what dies with the container
     *     anyway; such a snapshot cannot be mounted again after the machine restarted, because writes may be missing
     * @param owners who of the node the owners in the image are; null for the same
     */
    public record Options(boolean readOnly, boolean volatileWrites, Owners owners) {
        public static final Options DEFAULT = new Options(false, false, null);

        public Options withReadOnly(boolean value) {
            return new Options(value, volatileWrites, owners);
        }

        public Options withVolatileWrites(boolean value) {
            return new Options(readOnly, value, owners);
        }

        public Options withOwners(Owners value) {
            return new Options(readOnly, volatileWrites, value);
        }
    }

    /**
     * The users of a user namespace, who own the files of a snapshot instead of the node's.
     *
     * @param namespace file of the user namespace, which must be there when the snapshot is mounted
     */
    public record Owners(IdMap ids, Path namespace) {

        /** A file's owners as the namespace sees them; what is nobody's there stays as it is. */
        Stat seenFrom(Stat file) {
            return file.withOwner(
                    (int) ids.uidInside(Integer.toUnsignedLong(file.uid())).orElse(file.uid()),
                    (int) ids.gidInside(Integer.toUnsignedLong(file.gid())).orElse(file.gid()));
        }

        /** Mounts {@code directory} once more, on {@code target}, with what is root's on disk owned by root of the namespace. */
        void mount(Path directory, Path target) throws IOException {
            try (var mount = DetachedMount.copyOf(directory);
                    var users = OpenFile.open(namespace, OpenFlags.READ, 0)) {
                mount.mapIds(users);
                mount.attach(target);
            }
        }
    }
}
