package io.carafe.cri;

import io.carafe.engine.model.PodMetrics;
import io.carafe.proto.cri.v1.ContainerMetrics;
import io.carafe.proto.cri.v1.ListMetricDescriptorsResponse;
import io.carafe.proto.cri.v1.Metric;
import io.carafe.proto.cri.v1.MetricDescriptor;
import io.carafe.proto.cri.v1.MetricType;
import io.carafe.proto.cri.v1.PodSandboxMetrics;
import io.carafe.proto.cri.v1.UInt64Value;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Metrics under cAdvisor's names. */
final class MetricMessages {

    /** All metrics that there are, with their labels in the order of {@link Metric#getLabelValuesList}. */
    static final ListMetricDescriptorsResponse DESCRIPTORS = ListMetricDescriptorsResponse.newBuilder()
            .addAllDescriptors(Arrays.stream(io.carafe.engine.model.Metric.values())
                    .map(MetricMessages::descriptor)
                    .toList())
            .build();

    private MetricMessages() {}

    private static MetricDescriptor descriptor(io.carafe.engine.model.Metric metric) {
        return MetricDescriptor.newBuilder()
                .setName(metric.title())
                .setHelp(metric.help())
                .addAllLabelKeys(metric.labels())
                .build();
    }

    static PodSandboxMetrics pod(PodMetrics pod) {
        return PodSandboxMetrics.newBuilder()
                .setPodSandboxId(pod.podId())
                .addAllMetrics(metrics(pod.pod()))
                .addAllContainerMetrics(pod.containers().stream()
                        .map(container -> ContainerMetrics.newBuilder()
                                .setContainerId(container.containerId())
                                .addAllMetrics(metrics(container.samples()))
                                .build())
                        .toList())
                .build();
    }

    private static List<Metric> metrics(PodMetrics.Samples samples) {
        return samples.all().stream()
                .map(sample -> Metric.newBuilder()
                        .setName(sample.metric().title())
                        .setTimestamp(samples.takenAt())
                        .setMetricType(
                                switch (sample.metric().kind()) {
                                    case COUNTER -> MetricType.COUNTER;
                                    case GAUGE -> MetricType.GAUGE;
                                })
                        .addAllLabelValues(Stream.concat(samples.labels().stream(), sample.ownLabels().stream())
                                .toList())
                        .setValue(UInt64Value.newBuilder().setValue(sample.value()))
                        .build())
                .toList();
    }
}
