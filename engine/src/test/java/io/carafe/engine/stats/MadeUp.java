package io.carafe.engine.stats;

import io.carafe.base.CarafeException;
import io.carafe.engine.Containers;
import io.carafe.engine.Pods;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodName;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.model.Resources;
import io.carafe.runtime.InsideUsage;
import io.carafe.storage.Usage;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Lists of pods and containers and nothing else: the engine behind these interfaces is another's test. */
final class MadeUp {

    static final Instant STARTED = Instant.parse("2026-01-02T03:04:05Z");

    private MadeUp() {}

    static Pods pods(List<PodStatus> list) {
        return lists(Pods.class, list, PodStatus::id);
    }

    static Containers containers(List<ContainerStatus> list) {
        return lists(Containers.class, list, ContainerStatus::id);
    }

    private static <T, S> T lists(Class<T> type, List<S> list, Function<S, String> id) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, method, args) -> switch (method.getName()) {
                    case "list" -> List.copyOf(list);
                    case "status" ->
                        list.stream()
                                .filter(item -> id.apply(item).equals(args[0]))
                                .findFirst()
                                .orElseThrow(() -> new CarafeException.NotFound("no " + args[0]));
                    default -> throw new UnsupportedOperationException(method.getName());
                }));
    }

    /** Every pod has the cgroup {@code pod}, and containers have theirs in it. */
    static StatsSource source(String pod, String directory, Function<String, Usage> walk) {
        return new StatsSource() {
            @Override
            public Optional<String> containerCgroup(String containerId) {
                return Optional.of(pod + "/" + containerId);
            }

            @Override
            public boolean sandboxed(String containerId) {
                return containerId.startsWith("inside");
            }

            @Override
            public Optional<InsideUsage> insideUsage(String containerId) {
                return Optional.of(new InsideUsage(System.nanoTime(), 4096, 3));
            }

            @Override
            public Optional<String> podCgroup(String podId) {
                return Optional.of(pod);
            }

            @Override
            public Usage writableLayer(String containerId) {
                return walk.apply(containerId);
            }

            @Override
            public String writableLayerMountpoint() {
                return directory;
            }
        };
    }

    /** A pod in the network namespace of the test. */
    static PodStatus pod(String id) {
        var config = new PodConfig(
                new PodName("web", "default", "uid", 0),
                "",
                "",
                null,
                List.of(),
                Map.of(),
                Map.of(),
                "",
                Map.of(),
                null,
                "",
                null,
                null);
        return new PodStatus(id, config, PodState.READY, STARTED, List.of(), "/proc/self/ns/net", "", Map.of());
    }

    /** A container of pod {@code p0}. */
    static ContainerStatus container(String id, ContainerState state, int pid) {
        var limits = new Resources(100_000, 20_000, 1024, 1 << 26, 1 << 26, null, "", "", List.of(), Map.of());
        return new ContainerStatus(
                id,
                "p0",
                config(limits),
                state,
                STARTED,
                STARTED,
                null,
                0,
                "",
                "docker.io/library/x:1",
                "",
                "",
                "",
                pid,
                null,
                limits,
                "",
                Map.of());
    }

    private static ContainerConfig config(Resources limits) {
        return new ContainerConfig(
                new ContainerName("app", 0),
                "docker.io/library/x:1",
                "",
                List.of(),
                List.of(),
                "",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                "",
                false,
                false,
                false,
                "",
                null,
                limits);
    }
}
