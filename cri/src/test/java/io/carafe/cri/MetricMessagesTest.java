package io.carafe.cri;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.carafe.engine.model.Metric;
import io.carafe.engine.model.PodMetrics;
import io.carafe.proto.cri.v1.MetricDescriptor;
import io.carafe.proto.cri.v1.MetricType;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MetricMessagesTest {

    @Test
    void aSampleHasAValueForEachLabelOfItsDescriptor() {
        var labels = MetricMessages.DESCRIPTORS.getDescriptorsList().stream()
                .collect(Collectors.toMap(MetricDescriptor::getName, MetricDescriptor::getLabelKeysList));
        var base = List.of("/pods/p/c", "c", "x:1", "web", "default", "app");
        var samples = new PodMetrics.Samples(
                base,
                1_700_000_000_123_456_789L,
                List.of(
                        new PodMetrics.Sample(Metric.CPU_USAGE, List.of("total"), 7),
                        new PodMetrics.Sample(Metric.MEMORY_USAGE, List.of(), 8)));

        var message =
                MetricMessages.pod(new PodMetrics("p", samples, List.of(new PodMetrics.OfContainer("c", samples))));

        var cpu = message.getContainerMetrics(0).getMetrics(0);
        assertEquals("c", message.getContainerMetrics(0).getContainerId());
        assertEquals("container_cpu_usage_seconds_total", cpu.getName());
        assertEquals(List.of("id", "name", "image", "pod", "namespace", "container", "cpu"), labels.get(cpu.getName()));
        assertEquals(List.of("/pods/p/c", "c", "x:1", "web", "default", "app", "total"), cpu.getLabelValuesList());
        assertEquals(7, cpu.getValue().getValue());
        assertEquals(MetricType.COUNTER, cpu.getMetricType());
        assertEquals(MetricType.GAUGE, message.getMetrics(1).getMetricType());
        assertEquals(1_700_000_000_123_456_789L, message.getMetrics(1).getTimestamp());
    }

    @Test
    void everyDescriptorExplainsItself() {
        for (var descriptor : MetricMessages.DESCRIPTORS.getDescriptorsList()) {
            assertFalse(descriptor.getHelp().isEmpty(), descriptor.getName());
        }
    }
}
