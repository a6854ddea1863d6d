package io.carafe.engine.stats;

import io.carafe.base.Deadline;
import io.carafe.engine.Containers;
import io.carafe.engine.Pods;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStats;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.Filter;
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
 * What pods and containers use. Numbers of cgroups and interfaces are at most one second old ({@link Aged#MAX_AGE}), those
 * of writable layers half a minute ({@link WritableLayers#MAX_AGE}); each part says when it was read. No call waits for a
 * directory tree to be walked longer than {@link #PATIENCE}.
 */
public final class Stats {

    /** How long one call waits for numbers of writable layers that were never counted before. */
    static final Duration PATIENCE = Duration.ofMillis(100);

    private final Pods pods;
    private final Containers containers;
    private final StatsSource source;
    private final CgroupReader reader;
    private final Aged<Reading> containerReadings = new Aged<>();
    private final Aged<Reading> podReadings = new Aged<>();
    private final Aged<Optional<PodStats.Network>> podTraffic = new Aged<>();
    private final WritableLayers layers;
    private final PodTraffic traffic;

    public Stats(Pods pods, Containers containers, StatsSource source, CgroupLayout cgroups, NetnsThreads netns) {
        this.pods = pods;
        this.containers = containers;
        this.source = source;
        this.reader = new CgroupReader(cgroups);
        this.layers = new WritableLayers(source);
        this.traffic = new PodTraffic(netns);
    }

    /** @throws io.carafe.base.CarafeException.NotFound if there is no such container */
    public ContainerStats container(String id) {
        return of(containers.status(id), Deadline.after(PATIENCE));
    }

    /** In the order of {@link Containers#list}. */
    public List<ContainerStats> containers(Filter<ContainerState> filter) {
        var deadline = Deadline.after(PATIENCE);
        var listed = containers.list(filter);
        forgetOthers(filter, listed);
        return listed.stream().map(status -> of(status, deadline)).toList();
    }

    /** @throws io.carafe.base.CarafeException.NotFound if there is no such pod */
    public PodStats pod(String id) {
        var status = pods.status(id);
        var members = containers.list(new Filter<>("", null, status.id(), Map.of()));
        return of(status, members, Deadline.after(PATIENCE));
    }

    /** In the order of {@link Pods#list}. */
    public List<PodStats> pods(Filter<PodState> filter) {
        var deadline = Deadline.after(PATIENCE);
        var byPod = containers.list(Filter.all()).stream().collect(Collectors.groupingBy(ContainerStatus::podId));
        var listed = pods.list(filter);
        if (filter.equals(Filter.<PodState>all())) {
            var ids = listed.stream().map(PodStatus::id).collect(Collectors.toSet());
            podReadings.keepOnly(ids);
            podTraffic.keepOnly(ids);
        }
        return listed.stream()
                .map(status -> of(status, byPod.getOrDefault(status.id(), List.of()), deadline))
                .toList();
    }

    /** Nanoseconds since 1970. */
    static long now() {
        var now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000 + now.getNano();
    }

    private PodStats of(PodStatus pod, List<ContainerStatus> members, Deadline deadline) {
        boolean ready = pod.state() == PodState.READY;
        var reading =
                ready ? podReadings.of(pod.id(), before -> read(source.podCgroup(pod.id()), before)) : Reading.NONE;
        return new PodStats(
                pod.id(),
                pod.config(),
                reading.cpu(),
                reading.memory(),
                reading.io(),
                reading.processes(),
                ready ? traffic(pod) : null,
                members.stream().map(status -> of(status, deadline)).toList());
    }

    private ContainerStats of(ContainerStatus container, Deadline deadline) {
        boolean runs = container.state() == ContainerState.RUNNING || container.state() == ContainerState.CREATED;
        var reading = runs
                ? containerReadings.of(container.id(), before -> read(source.containerCgroup(container.id()), before))
                : Reading.NONE;
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

    private Reading read(Optional<String> cgroup, Reading before) {
        return cgroup.map(path -> reader.read(path, before)).orElse(Reading.NONE);
    }

    private PodStats.Network traffic(PodStatus pod) {
        return podTraffic
                .of(pod.id(), _ -> Optional.ofNullable(traffic.of(pod.netns())))
                .orElse(null);
    }

    private void forgetOthers(Filter<ContainerState> filter, List<ContainerStatus> listed) {
        if (filter.equals(Filter.<ContainerState>all())) {
            var ids = listed.stream().map(ContainerStatus::id).collect(Collectors.toSet());
            containerReadings.keepOnly(ids);
            layers.keepOnly(ids);
        }
    }
}
