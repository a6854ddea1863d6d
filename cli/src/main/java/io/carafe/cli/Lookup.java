package io.carafe.cli;

import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ListContainersRequest;
import io.carafe.proto.cri.v1.ListPodSandboxRequest;
import io.carafe.proto.cri.v1.PodSandbox;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds what people name: a container by its id, a unique beginning of it, or its name; alone, with its pod, or with pod
 * and namespace in front ({@code web}, {@code shop/web}, {@code default/shop/web}). Of the attempts at one container of
 * a pod the newest is meant.
 */
final class Lookup {

    /** Not of Comparator's methods: their lambdas can be serialized, and those the AOT cache does not keep. */
    static final Comparator<PodSandbox> NEWEST_POD_FIRST =
            (one, other) -> Long.compare(other.getCreatedAt(), one.getCreatedAt());

    private final List<Container> containers;
    private final Map<String, PodSandbox> pods;

    private Lookup(List<Container> containers, List<PodSandbox> pods) {
        this.containers = containers;
        this.pods = pods.stream().collect(Collectors.toMap(PodSandbox::getId, Function.identity()));
    }

    static Lookup in(Connection daemon) {
        return of(
                daemon.runtime()
                        .listContainers(ListContainersRequest.getDefaultInstance())
                        .getContainersList(),
                daemon.runtime()
                        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                        .getItemsList());
    }

    static Lookup of(List<Container> containers, List<PodSandbox> pods) {
        return new Lookup(
                containers.stream()
                        .sorted((one, other) -> Long.compare(other.getCreatedAt(), one.getCreatedAt()))
                        .toList(),
                pods);
    }

    /** Newest first. */
    List<Container> containers() {
        return containers;
    }

    Optional<PodSandbox> podOf(Container container) {
        return Optional.ofNullable(pods.get(container.getPodSandboxId()));
    }

    /** @throws Failure if there is none, or more than one */
    Container container(String name) {
        return findContainer(name)
                .orElseThrow(() -> new Failure("no such container: " + name + "\n  carafe ps -a lists them"));
    }

    Optional<Container> findContainer(String name) {
        return unique(
                "container",
                name,
                containers,
                Container::getId,
                container -> isNamed(container, name),
                container -> Text.shortId(container.getId()) + "  " + qualifiedName(container));
    }

    Optional<PodSandbox> findPod(String name) {
        var newestFirst = pods.values().stream().sorted(NEWEST_POD_FIRST).toList();
        return unique(
                "pod",
                name,
                newestFirst,
                PodSandbox::getId,
                pod -> name.equals(pod.getMetadata().getName()) || name.equals(qualifiedName(pod)),
                pod -> Text.shortId(pod.getId()) + "  " + qualifiedName(pod));
    }

    /** Exact id, then name, then beginning of an id. */
    private <T> Optional<T> unique(
            String kind,
            String name,
            List<T> all,
            Function<T, String> id,
            Predicate<T> named,
            Function<T, String> shown) {
        var exact = all.stream().filter(item -> id.apply(item).equals(name)).findFirst();
        if (exact.isPresent()) {
            return exact;
        }
        var byName = newestOfEach(all.stream().filter(named), shown);
        var found = byName.isEmpty() && name.length() > 0
                ? all.stream().filter(item -> id.apply(item).startsWith(name)).toList()
                : byName;
        if (found.size() > 1) {
            throw new Failure(kind + " '" + name + "' is ambiguous:\n"
                    + found.stream().map(item -> "  " + shown.apply(item)).collect(Collectors.joining("\n")));
        }
        return found.stream().findFirst();
    }

    /** The first, which is the newest, of those with the same qualified name. */
    private static <T> List<T> newestOfEach(Stream<T> newestFirst, Function<T, String> shown) {
        return newestFirst
                .collect(Collectors.toMap(
                        item -> shown.apply(item).replaceFirst("^\\S+", ""),
                        Function.identity(),
                        (newer, _) -> newer,
                        java.util.LinkedHashMap::new))
                .values()
                .stream()
                .toList();
    }

    private boolean isNamed(Container container, String name) {
        var own = container.getMetadata().getName();
        return name.equals(own)
                || podOf(container)
                        .map(pod -> name.equals(pod.getMetadata().getName() + "/" + own)
                                || name.equals(qualifiedName(pod) + "/" + own))
                        .orElse(false);
    }

    private String qualifiedName(Container container) {
        return podOf(container).map(pod -> qualifiedName(pod) + "/").orElse("")
                + container.getMetadata().getName();
    }

    static String qualifiedName(PodSandbox pod) {
        return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    }

    /** Whether {@code carafe run} made it: then its pod is nothing but its surroundings. */
    static boolean ownsPod(Container container) {
        return container.containsLabels(Annotations.RUN);
    }
}
