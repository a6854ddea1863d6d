package io.carafe.engine.model;

import java.util.List;

/**
 * What a pod uses, all its containers together. A part is null where it is not counted.
 *
 * @param network null for a pod in the host's network, whose traffic is not its own
 */
public record PodStats(
        String id,
        PodConfig config,
        ContainerStats.Cpu cpu,
        ContainerStats.Memory memory,
        ContainerStats.Io io,
        ContainerStats.Processes processes,
        Network network,
        List<ContainerStats> containers) {

    /** Counters of the pod's interfaces, the default one ({@code eth0}) first; the loopback is left out. */
    public record Network(long timestamp, List<Interface> interfaces) {}

    /** Bytes, and packets, since the interface was made. */
    public record Interface(
            String name,
            long rxBytes,
            long rxPackets,
            long rxErrors,
            long rxDropped,
            long txBytes,
            long txPackets,
            long txErrors,
            long txDropped) {}
}
