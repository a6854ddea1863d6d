package io.carafe.engine.stats;

import io.carafe.runtime.InsideUsage;
import io.carafe.storage.Usage;
import java.util.Optional;

/** Where the things are that {@link Stats} measures; answered from memory but for the usage. */
public interface StatsSource {

    /** Path of the container's cgroup, or empty if it has none (any more). */
    Optional<String> containerCgroup(String containerId);

    /** Whether a kernel of its own counts what the container uses, and its cgroup nothing. */
    boolean sandboxed(String containerId);

    /**
     * What that kernel has counted. Takes as long as its runtime takes to answer.
     *
     * @return nothing if the container does not run
     */
    Optional<InsideUsage> insideUsage(String containerId);

    /** Path of the pod's cgroup, or empty if it has none (any more). */
    Optional<String> podCgroup(String podId);

    /**
     * Counts what the container has written. Takes as long as walking through its files takes.
     *
     * @throws io.carafe.base.CarafeException.NotFound if the container is gone
     */
    Usage writableLayer(String containerId);

    /** The directory whose file system holds all writable layers. */
    String writableLayerMountpoint();
}
