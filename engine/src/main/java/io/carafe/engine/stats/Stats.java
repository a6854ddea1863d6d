package io.carafe.engine.stats;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Containers;
import io.carafe.engine.Pods;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStats;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.PodMetrics;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStats;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.stats.CgroupReader.Reading;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.net.NetnsThreads;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What pods and containers use. Numbers of cgroups and interfaces are as old as the {@link StatsPolicy} allows, those of
 * writable layers half a minute ({@link WritableLayers#MAX_AGE}); each part says when it was read. No call reads a cgroup,
 * a namespace or a mount itself, nor waits long for what does: see {@link Readings}, and {@link #PATIENCE} for walks through directory trees.
 */
public final class Stats implements AutoCloseable {

    /** How long one call waits for numbers of writable layers that were never counted before. */
    static final Duration PATIENCE = Duration.ofMillis(100);

    private final Pods pods;
    private final Containers containers;
    private final CgroupReader reader;
    private final ReadingThreads threads = new ReadingThreads();
    private final Readings<Reading> containerReadings;
    private final Readings<Reading> podReadings;
    private final Readings<Optional<PodStats.Network>> podTraffic;
    private final WritableLayers layers;
    private final Metrics metrics;

    public Stats(
            Pods pods,
            Containers containers,
            StatsSource source,
            StatsPolicy policy,
            CgroupLayout cgroups,
            NetnsThreads netns) {
        this.pods = pods;
        this.containers = containers;
        this.reader = new CgroupReader(cgroups);
        this.layers = new WritableLayers(source);
        var maxAge = policy.maxAge();
        this.containerReadings = new Readings<>(threads, maxAge, (id, before) -> readContainer(source, id, before));
        this.podReadings = new Readings<>(threads, maxAge, (id, before) -> read(source.podCgroup(id), before));
        var traffic = new PodTraffic(netns);
        this.podTraffic = new Readings<>(threads, maxAge, (id, _) -> Optional.ofNullable(traffic.of(netns(id))));
        this.metrics = new Metrics(this, source, new CgroupCensus(cgroups), threads, maxAge);
    }

    /** @throws io.carafe.base.CarafeException.NotFound if there is no such container */
    public ContainerStats container(String id) {
        return ofContainers(List.of(containers.status(id)), Deadline.after(PATIENCE))
                .getFirst();
    }

    /** In the order of {@link Containers#list}. */
    public List<ContainerStats> containers(Filter<ContainerState> filter) {
        var listed = containers.list(filter);
        if (filter.equals(Filter.<ContainerState>all())) {
            var ids = listed.stream().map(ContainerStatus::id).collect(Collectors.toSet());
            containerReadings.keepOnly(ids);
            layers.keepOnly(ids);
        }
        return ofContainers(listed, Deadline.after(PATIENCE));
    }

    /** @throws io.carafe.base.CarafeException.NotFound if there is no such pod */
    public PodStats pod(String id) {
        var status = pods.status(id);
        var members = containers.list(new Filter<>("", null, status.id(), Map.of()));
        return ofPods(List.of(status), members).getFirst();
    }

    /** In the order of {@link Pods#list}. */
    public List<PodStats> pods(Filter<PodState> filter) {
        var listed = pods.list(filter);
        if (filter.equals(Filter.<PodState>all())) {
            var ids = listed.stream().map(PodStatus::id).collect(Collectors.toSet());
            podReadings.keepOnly(ids);
            podTraffic.keepOnly(ids);
        }
        return ofPods(listed, containers.list(Filter.all()));
    }

    /** What cAdvisor would say of all pods. */
    public List<PodMetrics> metrics() {
        return metrics.of(pods.list(Filter.all()), containers.list(Filter.all()));
    }

    @Override
    public void close() {
        threads.close();
    }

    /** Whether it can have processes. */
    static boolean lives(ContainerStatus container) {
        return container.state() == ContainerState.RUNNING || container.state() == ContainerState.CREATED;
    }

    /** Nanoseconds since 1970. */
    static long now() {
        var now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000 + now.getNano();
    }

    /** @param all containers, of these pods and perhaps of others */
    List<PodStats> ofPods(List<PodStatus> listed, List<ContainerStatus> all) {
        var ready = listed.stream()
                .filter(pod -> pod.state() == PodState.READY)
                .map(PodStatus::id)
                .toList();
        var readings = podReadings.of(ready);
        var networks = podTraffic.of(ready);
        var ids = listed.stream().map(PodStatus::id).collect(Collectors.toSet());
        var members = ofContainers(
                        all.stream()
                                .filter(container -> ids.contains(container.podId()))
                                .toList(),
                        Deadline.after(PATIENCE))
                .stream()
                .collect(Collectors.groupingBy(ContainerStats::podId));
        return listed.stream()
                .map(pod -> of(
                        pod,
                        readings.getOrDefault(pod.id(), Reading.NONE),
                        networks.getOrDefault(pod.id(), Optional.empty()).orElse(null),
                        members.getOrDefault(pod.id(), List.of())))
                .toList();
    }

    private static PodStats of(
            PodStatus pod, Reading reading, PodStats.Network network, List<ContainerStats> containers) {
        return new PodStats(
                pod.id(),
                pod.config(),
                reading.cpu(),
                reading.memory(),
                reading.io(),
                reading.processes(),
                network,
                containers);
    }

    private List<ContainerStats> ofContainers(List<ContainerStatus> listed, Deadline deadline) {
        var readings = containerReadings.of(
                listed.stream().filter(Stats::lives).map(ContainerStatus::id).toList());
        return listed.stream()
                .map(container -> of(container, readings.getOrDefault(container.id(), Reading.NONE), deadline))
                .toList();
    }

    private ContainerStats of(ContainerStatus container, Reading reading, Deadline deadline) {
        return new ContainerStats(
                container.id(),
                container.podId(),
                container.config(),
                reading.cpu(),
                reading.memory(),
                reading.swap(),
                layers.of(container.id(), deadline),
                reading.io(),
                reading.processes());
    }

    private Reading readContainer(StatsSource source, String id, Reading before) {
        return source.sandboxed(id)
                ? source.insideUsage(id)
                        .map(usage -> CgroupReader.of(usage, before))
                        .orElse(Reading.NONE)
                : read(source.containerCgroup(id), before);
    }

    private Reading read(Optional<String> cgroup, Reading before) {
        return cgroup.map(path -> reader.read(path, before)).orElse(Reading.NONE);
    }

    /** Empty for a pod that was removed meanwhile. */
    private String netns(String podId) {
        try {
            return pods.status(podId).netns();
        } catch (CarafeException.NotFound e) {
            return "";
        }
    }
}
