package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.Resources;
import io.carafe.engine.stage.Operation;
import io.carafe.engine.store.Durability;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.OomScore;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.runtime.CgroupLimits;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Changes the limits of a container that lives. What {@code update} of some runtimes takes and drops, huge pages and
 * unified files, is written to the cgroup; nothing is changed when a part is refused.
 */
record UpdateContainer(ContainerParts parts, CgroupLayout cgroups) {

    Operation<Void> begin(Container container, Resources change) {
        return container.owner().queue().submit(container.<Void>operation("update"), _ -> {
            update(container, change);
            return null;
        });
    }

    private void update(Container container, Resources change) throws IOException {
        if (!Kill.alive(container)) {
            throw new CarafeException.FailedPrecondition("update limits: " + container + " has ended");
        }
        var current = container.record().resources();
        var document = parts.specs().resourcesForUpdate(current, change);
        var changed = parts.specs().afterUpdate(current, change);
        var cgroup = cgroups.cgroup(container.record().cgroup());
        var direct = CgroupLimits.write(cgroup, oftenDropped(document));
        try {
            parts.handlers()
                    .get(container.record().handler())
                    .update(
                            container.id(),
                            document,
                            Deadline.after(parts.timeouts().runtime()));
        } catch (CarafeException e) {
            direct.undo();
            throw e;
        }
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
