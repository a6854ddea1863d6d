package io.carafe.cri;

import io.carafe.engine.model.Filter;
import io.carafe.engine.stats.Stats;
import io.carafe.proto.cri.v1.ContainerStats;
import io.carafe.proto.cri.v1.ContainerStatsFilter;
import io.carafe.proto.cri.v1.ContainerStatsRequest;
import io.carafe.proto.cri.v1.ContainerStatsResponse;
import io.carafe.proto.cri.v1.PodSandboxMetrics;
import io.carafe.proto.cri.v1.PodSandboxStats;
import io.carafe.proto.cri.v1.PodSandboxStatsFilter;
import io.carafe.proto.cri.v1.PodSandboxStatsRequest;
import io.carafe.proto.cri.v1.PodSandboxStatsResponse;
import java.util.List;
import java.util.Map;

/** Calls about what pods and containers use. */
final class StatsCalls {

    private final Stats stats;

    StatsCalls(Stats stats) {
        this.stats = stats;
    }

    ContainerStatsResponse container(ContainerStatsRequest request) {
        return ContainerStatsResponse.newBuilder()
                .setStats(StatsMessages.container(stats.container(request.getContainerId())))
                .build();
    }

    List<ContainerStats> containers(ContainerStatsFilter filter) {
        return stats
                .containers(new Filter<>(
                        filter.getId(), null, filter.getPodSandboxId(), Map.copyOf(filter.getLabelSelectorMap())))
                .stream()
                .map(StatsMessages::container)
                .toList();
    }

    List<PodSandboxMetrics> metrics() {
        return stats.metrics().stream().map(MetricMessages::pod).toList();
    }

    PodSandboxStatsResponse pod(PodSandboxStatsRequest request) {
        return PodSandboxStatsResponse.newBuilder()
                .setStats(StatsMessages.pod(stats.pod(request.getPodSandboxId())))
                .build();
    }

    List<PodSandboxStats> pods(PodSandboxStatsFilter filter) {
        return stats.pods(new Filter<>(filter.getId(), null, "", Map.copyOf(filter.getLabelSelectorMap()))).stream()
                .map(StatsMessages::pod)
                .toList();
    }
}
