package io.carafe.engine;

import io.carafe.engine.stats.StatsPolicy;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where an engine keeps its things and how long it waits. Two engines on one machine need different roots, and
 * cgroup drivers with different parents.
 *
 * @param root what must survive a reboot: the store, layers, snapshots
 * @param runRoot what must not: namespaces, bundles, sockets; on a tmpfs
 * @param timeouts how long the engine waits for others
 * @param stats how fresh its numbers are
 * @param restoreImages whether an image that is a checkpoint is restored. Its processes get the users and capabilities that
 *     it says, whatever their pod may have
 */
public record EngineConfig(Path root, Path runRoot, Timeouts timeouts, StatsPolicy stats, boolean restoreImages) {

    /**
     * Limits of the engine itself, apart from its callers' deadlines: nothing that hangs holds a name for ever.
     *
     * @param operation for a whole run or create, after which it is undone
     * @param runtime for one call of an OCI runtime or monitor
     * @param network for one CNI operation
     * @param recovery for each step of recovery at start
     */
    public record Timeouts(Duration operation, Duration runtime, Duration network, Duration recovery) {
        public static final Timeouts DEFAULT = new Timeouts(
                Duration.ofMinutes(4), Duration.ofMinutes(2), Duration.ofMinutes(3), Duration.ofSeconds(30));
    }
}
