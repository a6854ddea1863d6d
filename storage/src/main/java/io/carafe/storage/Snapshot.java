package io.carafe.storage;

import io.carafe.oci.Digest;
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
     */
    public record Options(boolean readOnly, boolean volatileWrites) {
        public static final Options DEFAULT = new Options(false, false);

        public Options withReadOnly(boolean value) {
            return new Options(value, volatileWrites);
        }

        public Options withVolatileWrites(boolean value) {
            return new Options(readOnly, value);
        }
    }
}
