package io.carafe.engine;

import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerService;
import io.carafe.engine.stats.StatsSource;
import io.carafe.runtime.InsideUsage;
import io.carafe.runtime.SandboxedRuntime;
import io.carafe.storage.Usage;
import java.time.Duration;
import java.util.Optional;

/** Tells the statistics where things are. */
record StatsPlaces(EngineCore core, ContainerService containers) implements StatsSource {

    /** How long a sandbox may take to say what a container of it uses. */
    private static final Duration ANSWER = Duration.ofSeconds(5);

    @Override
    public Optional<String> containerCgroup(String containerId) {
        return containers.cgroup(containerId);
    }

    @Override
    public boolean sandboxed(String containerId) {
        return runtime(containerId).isPresent();
    }

    @Override
    public Optional<InsideUsage> insideUsage(String containerId) {
        return runtime(containerId).flatMap(runtime -> runtime.usage(containerId, Deadline.after(ANSWER)));
    }

    private Optional<SandboxedRuntime> runtime(String containerId) {
        return containers.handler(containerId).flatMap(core.parts().handlers()::sandboxed);
    }

    @Override
    public Optional<String> podCgroup(String podId) {
        return core.pods().find(podId).map(pod -> pod.record().cgroup());
    }

    @Override
    public Usage writableLayer(String containerId) {
        return core.parts().snapshots().usage(containerId);
    }

    @Override
    public String writableLayerMountpoint() {
        return core.places().root().toString();
    }
}
