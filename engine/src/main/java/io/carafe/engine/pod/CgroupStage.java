package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.stage.Stage;
import io.carafe.linux.cgroup.CgroupLayout;
import java.io.IOException;
import java.util.function.UnaryOperator;

/** The pod's cgroup, with its limits, unless its caller has made one. */
record CgroupStage(CgroupLayout cgroups, PodLimits limits) implements Stage<PodRecord> {

    @Override
    public String name() {
        return "cgroup";
    }

    @Override
    public UnaryOperator<PodRecord> apply(PodRecord pod, Deadline deadline) throws IOException {
        cgroups.cgroup(pod.cgroup()).create();
        if (pod.ownCgroup()) {
            var config = pod.config();
            limits.write(pod.cgroup(), PodLimits.sum(config.resources(), config.overhead()));
        }
        return UnaryOperator.identity();
    }

    @Override
    public UnaryOperator<PodRecord> undo(PodRecord pod, Deadline deadline) throws IOException {
        if (pod.ownCgroup()) {
            var cgroup = cgroups.cgroup(pod.cgroup());
            if (cgroup.exists()) {
                cgroup.kill(deadline);
                cgroup.remove(deadline);
            }
        }
        return UnaryOperator.identity();
    }
}
