package io.carafe.engine;

import io.carafe.engine.container.ContainerService;
import io.carafe.engine.stats.StatsSource;
import io.carafe.storage.Usage;
import java.util.Optional;

/** Tells the statistics where things are. */
record StatsPlaces(EngineCore core, ContainerService containers) implements StatsSource {

    @Override
    public Optional<String> containerCgroup(String containerId) {
        return containers.cgroup(containerId);
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
