package io.carafe.engine.stats;

import io.carafe.engine.model.ContainerStats;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.Metric;
import io.carafe.engine.model.PodMetrics;
import io.carafe.engine.model.PodMetrics.OfContainer;
import io.carafe.engine.model.PodMetrics.Samples;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStats;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.stats.CgroupCensus.Count;
import io.carafe.linux.fs.FileSystemSpace;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.process.OpenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Composes {@link PodMetrics}. Nothing is read before somebody asks. */
final class Metrics {

    private final Stats stats;
    private final BlockDevices devices = new BlockDevices();
    private final Readings<Count> podCounts;
    private final Readings<Count> containerCounts;
    private final Readings<FileSystemSpace> spaces;

    Metrics(Stats stats, StatsSource source, CgroupCensus census, ReadingThreads threads, Duration maxAge) {
        this.stats = stats;
        this.podCounts = new Readings<>(threads, maxAge, counted(census, source::podCgroup));
        this.containerCounts = new Readings<>(threads, maxAge, counted(census, source::containerCgroup));
        this.spaces = new Readings<>(threads, maxAge, (directory, _) -> space(directory));
    }

    private static Readings.Source<Count> counted(CgroupCensus census, Function<String, Optional<String>> cgroup) {
        return (id, _) -> cgroup.apply(id).map(census::of).orElse(null);
    }

    List<PodMetrics> of(List<PodStatus> pods, List<ContainerStatus> containers) {
        var ready = pods.stream().filter(pod -> pod.state() == PodState.READY).toList();
        var living = containers.stream().filter(Stats::lives).toList();
        podCounts.keepOnly(ready.stream().map(PodStatus::id).toList());
        containerCounts.keepOnly(living.stream().map(ContainerStatus::id).toList());
        var ofPods = podCounts.of(ready.stream().map(PodStatus::id).toList());
        var ofContainers =
                containerCounts.of(living.stream().map(ContainerStatus::id).toList());
        var members = living.stream().collect(Collectors.groupingBy(ContainerStatus::podId));
        var usage = stats.ofPods(ready, living).stream().collect(Collectors.toMap(PodStats::id, Function.identity()));
        return ready.stream()
                .map(pod -> new PodMetrics(
                        pod.id(),
                        ofPod(pod, ofPods.get(pod.id()), usage.get(pod.id())),
                        members.getOrDefault(pod.id(), List.of()).stream()
                                .map(container -> ofContainer(
                                        container, pod, ofContainers.get(container.id()), usage.get(pod.id())))
                                .filter(Objects::nonNull)
                                .toList()))
                .toList();
    }

    private Samples ofPod(PodStatus pod, Count count, PodStats usage) {
        var list = new SampleList(devices);
        if (count != null) {
            list.cgroup(count.stats());
            list.add(Metric.PROCESSES, count.processes());
        }
        if (pod.config().resources() != null) {
            list.limits(pod.config().resources());
        }
        if (usage.network() != null) {
            list.network(usage.network());
        }
        return samples(list, count, pod, new Named(path(count), pod.id(), "", ""), pod.createdAt());
    }

    /** Null if its cgroup could not be read (any more). */
    private OfContainer ofContainer(ContainerStatus container, PodStatus pod, Count count, PodStats usage) {
        if (count == null) {
            return null;
        }
        var list = new SampleList(devices);
        list.cgroup(count.stats());
        list.add(Metric.PROCESSES, count.processes());
        list.add(Metric.FILE_DESCRIPTORS, count.files().descriptors());
        list.add(Metric.SOCKETS, count.files().sockets());
        OpenFiles.softLimit(container.pid()).ifPresent(limit -> list.add(Metric.ULIMITS_SOFT, limit, "max_open_files"));
        if (container.resources() != null) {
            list.limits(container.resources());
        }
        layer(container.id(), usage)
                .ifPresent(layer -> spaces.of(layer.mountpoint()).ifPresent(space -> list.writableLayer(layer, space)));
        var startedAt = Optional.ofNullable(container.startedAt()).orElse(container.createdAt());
        return new OfContainer(
                container.id(),
                samples(
                        list,
                        count,
                        pod,
                        new Named(
                                count.path(),
                                container.id(),
                                container.imageRef(),
                                container.config().name().name()),
                        startedAt));
    }

    /** What cAdvisor calls id, name, image and container; of a pod the last two are empty. */
    private record Named(String cgroup, String id, String image, String container) {}

    private static Optional<ContainerStats.WritableLayer> layer(String containerId, PodStats usage) {
        return usage.containers().stream()
                .filter(container -> container.id().equals(containerId))
                .map(ContainerStats::writableLayer)
                .filter(Objects::nonNull)
                .findFirst();
    }

    private static Samples samples(SampleList list, Count count, PodStatus pod, Named named, Instant startedAt) {
        long takenAt = count == null ? Stats.now() : count.takenAt();
        list.add(Metric.START_TIME, startedAt.getEpochSecond());
        list.add(Metric.LAST_SEEN, TimeUnit.NANOSECONDS.toSeconds(takenAt));
        var labels = Map.of(
                "id", named.cgroup(),
                "name", named.id(),
                "image", named.image(),
                "pod", pod.config().name().name(),
                "namespace", pod.config().name().namespace(),
                "container", named.container());
        return new Samples(Metric.BASE_LABELS.stream().map(labels::get).toList(), takenAt, list.all());
    }

    private static String path(Count count) {
        return count == null ? "" : count.path();
    }

    private static FileSystemSpace space(String directory) {
        try (var open = OpenFile.open(Path.of(directory), OpenFlags.READ, 0)) {
            return open.space();
        } catch (IOException e) {
            return null;
        }
    }
}
