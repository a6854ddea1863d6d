package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.engine.stage.Stage;
import java.io.IOException;
import java.util.function.UnaryOperator;

/** The pod's cgroup, with its limits, unless its caller has made one. */
record CgroupStage(CgroupDriver driver, SpecGenerator specs) implements Stage<PodRecord> {

    @Override
    public String name() {
        return "cgroup";
    }

    @Override
    public UnaryOperator<PodRecord> apply(PodRecord pod, Deadline deadline) throws IOException {
        if (pod.ownCgroup()) {
            var config = pod.config();
            var limits = specs.podResources(PodLimits.sum(config.resources(), config.overhead()));
            driver.createPod(pod.cgroup(), limits, deadline);
        }
        return UnaryOperator.identity();
    }

    @Override
    public UnaryOperator<PodRecord> undo(PodRecord pod, Deadline deadline) throws IOException {
        if (pod.ownCgroup()) {
            driver.remove(pod.cgroup(), deadline);
        }
        return UnaryOperator.identity();
    }
}
