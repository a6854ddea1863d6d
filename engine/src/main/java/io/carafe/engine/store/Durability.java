package io.carafe.engine.store;

/**
 * What a write must survive before it counts as done.
 *
 * <p>The journal of stages needs only {@link #PROCESS}: what a stage takes is either gone with the machine (namespaces,
 * cgroups, mounts, processes) or named by a file of its own that recovery reads (snapshots, CNI results). So a stage costs
 * a write into the page cache and not a disk flush; the flush at the end of the operation covers it too.
 */
public enum Durability {
    /** The end of this process by any means: handed to the kernel. */
    PROCESS,
    /** Loss of power: flushed to the disk. */
    POWER
}
