package io.carafe.engine.container;

import io.carafe.nri.LimitChange;
import io.carafe.nri.Node;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** What plugins ask of the engine by themselves. */
record PluginRequests(ContainerParts parts, StopContainer stop) implements Node {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    /** NRI gives none; it is what a kubelet gives to a pod that is evicted in a hurry. */
    private static final Duration EVICTION_GRACE = Duration.ofSeconds(10);

    @Override
    public void update(LimitChange change) {
        parts.limits().write(parts.table().get(change.containerId()), change.limits(), null);
    }

    @Override
    public void evict(String containerId, String reason) {
        parts.table().find(containerId).ifPresent(container -> {
            LOG.log(Level.INFO, "a plugin evicts {0}: {1}", container, reason);
            var _ = stop.begin(container, EVICTION_GRACE);
        });
    }
}
