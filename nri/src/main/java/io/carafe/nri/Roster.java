package io.carafe.nri;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The plugins that are connected, and the pods and containers there are. Both change under one lock, held for no longer than
 * that takes: a plugin that joins finds each of them either in what there was before, or among the events that come after.
 */
final class Roster {

    /** What there was when a plugin joined. */
    record Snapshot(List<Subject<PodFacts>> pods, List<Subject<ContainerFacts>> containers) {}

    private final Map<String, Subject<PodFacts>> pods = new LinkedHashMap<>();
    private final Map<String, Subject<ContainerFacts>> containers = new LinkedHashMap<>();
    private List<Session> plugins = List.of();

    /** Adds a plugin, which knows of all there is from now on. What has ended is not among it. */
    synchronized Snapshot join(Session plugin) {
        var all = new ArrayList<>(plugins);
        all.add(plugin);
        all.sort(Comparator.comparing(Session::index)); // those of one index stay in the order they came
        plugins = List.copyOf(all);
        var living = containers.values().stream()
                .filter(container -> !container.hasStopped())
                .toList();
        var snapshot = new Snapshot(List.copyOf(pods.values()), living);
        snapshot.pods().forEach(pod -> pod.tell(plugin));
        snapshot.containers().forEach(container -> container.tell(plugin));
        return snapshot;
    }

    synchronized void leave(Session plugin) {
        plugins = plugins.stream().filter(other -> other != plugin).toList();
        Stream.concat(pods.values().stream(), containers.values().stream()).forEach(subject -> subject.forget(plugin));
    }

    synchronized List<Session> plugins() {
        return plugins;
    }

    /** Adds a pod, and says who is to be told of it. */
    synchronized List<Session> addPod(Subject<PodFacts> pod) {
        pods.put(pod.id(), pod);
        return plugins;
    }

    synchronized List<Session> addContainer(Subject<ContainerFacts> container) {
        containers.put(container.id(), container);
        return plugins;
    }

    synchronized Optional<Subject<PodFacts>> pod(String id) {
        return Optional.ofNullable(pods.get(id));
    }

    synchronized Optional<Subject<ContainerFacts>> container(String id) {
        return Optional.ofNullable(containers.get(id));
    }

    synchronized void removePod(String id) {
        pods.remove(id);
    }

    synchronized void removeContainer(String id) {
        containers.remove(id);
    }
}
