package io.carafe.engine.model;

import java.util.List;

/**
 * Samples of a pod as a whole and of each of its containers.
 *
 * @param containers those that have processes
 */
public record PodMetrics(String podId, Samples pod, List<OfContainer> containers) {

    public record OfContainer(String containerId, Samples samples) {}

    /**
     * Samples that were taken together. One that the kernel does not count is left out.
     *
     * @param labels values of {@link Metric#BASE_LABELS}, for all of them
     * @param takenAt nanoseconds since 1970
     */
    public record Samples(List<String> labels, long takenAt, List<Sample> all) {}

    /** @param ownLabels values of the labels that the metric has besides the base */
    public record Sample(Metric metric, List<String> ownLabels, long value) {}
}
