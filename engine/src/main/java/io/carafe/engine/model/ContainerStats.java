package io.carafe.engine.model;

/**
 * What a container uses. A part is null where it is not counted: of a container that does not run only the writable layer
 * is known.
 *
 * @param config as the container was asked for
 */
public record ContainerStats(
        String id,
        String podId,
        ContainerConfig config,
        Cpu cpu,
        Memory memory,
        Swap swap,
        WritableLayer writableLayer,
        Io io,
        Processes processes) {

    /**
     * @param timestamp nanoseconds since 1970 when it was read, as everywhere here
     * @param usageNanos processor time since the container was started
     * @param nanoCores nanoseconds of processor time per second between this reading and the one before; −1 until there are
     *     two
     */
    public record Cpu(long timestamp, long usageNanos, long nanoCores, Pressure pressure) {}

    /**
     * Bytes, and counts since the container was started.
     *
     * @param workingSet usage without page cache that would be given up first: the kubelet evicts by it
     * @param available limit without working set; −1 without a limit
     * @param rss anonymous memory
     */
    public record Memory(
            long timestamp,
            long usage,
            long workingSet,
            long available,
            long rss,
            long pageFaults,
            long majorPageFaults,
            Pressure pressure) {}

    /** Bytes; {@code available} is −1 where it is not known or without a limit. */
    public record Swap(long timestamp, long usage, long available) {}

    /**
     * What the container has written to its root file system.
     *
     * @param mountpoint directory whose file system it is on
     */
    public record WritableLayer(long timestamp, String mountpoint, long bytes, long inodes) {}

    /** What waits for input and output. */
    public record Io(long timestamp, Pressure pressure) {}

    /** Processes and threads, as the pids controller counts them. */
    public record Processes(long timestamp, long count) {}

    /** Share of time in which some, or all, processes waited for a resource. */
    public record Pressure(Stall some, Stall full) {}

    /**
     * @param average10 percent over 10 seconds, and so on
     * @param totalNanos all of it
     */
    public record Stall(double average10, double average60, double average300, long totalNanos) {}
}
