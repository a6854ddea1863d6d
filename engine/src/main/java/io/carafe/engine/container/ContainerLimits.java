package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.EngineConfig.Timeouts;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.engine.store.Durability;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.OomScore;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.runtime.CgroupLimits;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Writes limits of containers that live, those of one container one after the other. What {@code update} of some runtimes
 * takes and drops, huge pages and unified files, is written to the cgroup; nothing is changed when a part is refused.
 */
record ContainerLimits(RuntimeHandlers handlers, SpecGenerator specs, CgroupLayout cgroups, Timeouts timeouts) {

    /**
     * Returns when they are in force and in the record.
     *
     * @param wanted what is null stays as it is
     * @param oomScoreAdj null to stay as it is
     * @throws CarafeException.FailedPrecondition if the container has ended
     */
    void write(Container container, LinuxResources wanted, Long oomScoreAdj) {
        var limit = Deadline.after(timeouts.runtime());
        container
                .limits()
                .submit(container.<Void>operation("write limits"), _ -> {
                    writeNow(container, wanted, oomScoreAdj, limit);
                    return null;
                })
                .await(limit);
    }

    private void writeNow(Container container, LinuxResources wanted, Long oomScoreAdj, Deadline deadline)
            throws IOException {
        if (!Kill.alive(container)) {
            throw new CarafeException.FailedPrecondition("update limits: " + container + " has ended");
        }
        var current = container.record().resources();
        var document = specs.resourcesForUpdate(current, wanted);
        var changed = specs.afterUpdate(current, wanted, oomScoreAdj);
        var cgroup = cgroups.cgroup(container.record().cgroup());
        var direct = CgroupLimits.write(cgroup, oftenDropped(document));
        try {
            handlers.get(container.record().handler())
                    .update(container.id(), new HugePages(cgroups).without(document), deadline);
        } catch (CarafeException e) {
            direct.undo();
            throw e;
        }
        // what it does not know of the change it may have set back to what it knows of the creation
        var _ = CgroupLimits.write(cgroup, oftenDropped(document));
        if (!changed.oomScoreAdj().equals(current.oomScoreAdj())) {
            for (int pid : cgroup.members()) {
                OomScore.adjust(pid, changed.oomScoreAdj());
            }
        }
        container.owner().update(Durability.POWER, record -> record.withResources(changed));
    }

    private static LinuxResources oftenDropped(LinuxResources limits) {
        return new LinuxResources(
                List.of(), null, null, null, null, limits.hugepageLimits(), null, Map.of(), limits.unified());
    }
}
