package io.carafe.engine.stats;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.PodStats.Interface;
import io.carafe.engine.model.PodStats.Network;
import io.carafe.linux.net.InterfaceStats;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.linux.net.RouteNetlink;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;

/** Counters of the interfaces in a pod's network namespace. */
final class PodTraffic {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final Duration LONGEST = Duration.ofSeconds(1);
    /** What CNI calls the interface of the default network; the CRI has no other word for it. */
    private static final String DEFAULT = "eth0";

    private final NetnsThreads threads;

    PodTraffic(NetnsThreads threads) {
        this.threads = threads;
    }

    /** Null for a pod without a network namespace of its own, or one that is going away just now. */
    Network of(String netns) {
        if (netns.isEmpty()) {
            return null;
        }
        try {
            var interfaces =
                    threads.call(Path.of(netns), RouteNetlink::interfaceStats, Deadline.after(LONGEST)).stream()
                            .filter(stats -> !stats.loopback())
                            .sorted(Comparator.comparing((InterfaceStats stats) ->
                                            !stats.name().equals(DEFAULT))
                                    .thenComparing(InterfaceStats::name))
                            .map(PodTraffic::of)
                            .toList();
            return new Network(Stats.now(), interfaces);
        } catch (IOException | CarafeException.DeadlineExceeded e) {
            LOG.log(System.Logger.Level.DEBUG, "read traffic of network namespace " + netns, e);
            return null;
        }
    }

    private static Interface of(InterfaceStats stats) {
        return new Interface(
                stats.name(),
                stats.rxBytes(),
                stats.rxPackets(),
                stats.rxErrors(),
                stats.rxDropped(),
                stats.txBytes(),
                stats.txPackets(),
                stats.txErrors(),
                stats.txDropped());
    }
}
