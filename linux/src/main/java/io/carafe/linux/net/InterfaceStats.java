package io.carafe.linux.net;

/**
 * Counters of one network interface since it was made ({@code struct rtnl_link_stats64}), as seen from inside its
 * namespace.
 */
public record InterfaceStats(
        String name,
        boolean loopback,
        long rxBytes,
        long rxPackets,
        long rxErrors,
        long rxDropped,
        long txBytes,
        long txPackets,
        long txErrors,
        long txDropped) {}
