package io.carafe.linux.mount;

/** How mounts and unmounts below a mount travel between mount namespaces (mount_namespaces(7), "Shared subtrees"). */
public enum Propagation {
    /** Both ways, within the peer group. */
    SHARED(1 << 20),
    /** From the master only. */
    SLAVE(1 << 19),
    /** Not at all. */
    PRIVATE(1 << 18),
    /** Not at all, and the mount cannot be bound elsewhere. */
    UNBINDABLE(1 << 17);

    private final long bits;

    Propagation(long bits) {
        this.bits = bits;
    }

    long bits() {
        return bits;
    }
}
