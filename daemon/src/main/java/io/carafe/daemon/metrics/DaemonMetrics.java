package io.carafe.daemon.metrics;

import io.carafe.cri.CallTimings;
import io.carafe.engine.Engine;
import io.carafe.engine.image.PullTimings;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.stage.StageTimings;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the daemon counts of itself, for Prometheus: calls, stages, pulls, pods and containers by state, and the JVM. Every
 * label has a small set of values.
 */
public final class DaemonMetrics implements CallTimings, StageTimings, PullTimings {

    /** Seconds: from a list answered from memory to a pull. */
    private static final double[] BUCKETS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120
    };

    private final PrometheusRegistry registry = new PrometheusRegistry();

    private final Histogram calls =
            histogram("carafe_operations_seconds", "Time that a call of the CRI or of carafe.v1 took.", "operation");
    private final Counter callErrors = counter(
            "carafe_operations_errors_total", "Calls that did not succeed, by their gRPC code.", "operation", "code");
    private final Histogram stages = histogram(
            "carafe_stages_seconds",
            "Time that one stage of an operation took; direction is apply or undo.",
            "operation",
            "stage",
            "direction");
    private final Counter stageErrors =
            counter("carafe_stages_errors_total", "Stages that failed.", "operation", "stage", "direction");
    private final Histogram pulls = histogram("carafe_image_pulls_seconds", "Time that a pull took.", "result");
    private final Counter pulledBytes =
            counter("carafe_image_pulls_bytes_total", "Bytes downloaded by pulls, failed ones included.");
    private final Counter resumes =
            counter("carafe_image_pulls_resumes_total", "Downloads that went on where a connection had broken.");

    /** @param version of the daemon */
    public DaemonMetrics(String version) {
        Info.builder()
                .name("carafe_build_info")
                .help("The daemon's version.")
                .labelNames("version")
                .register(registry)
                .addLabelValues(version);
        JvmMetrics.builder().register(registry);
    }

    /** Counts the pods, containers and images of an engine at every scrape. */
    public void watch(Engine engine) {
        gauge("carafe_pods", "Pods by state.", "state", callback -> {
            var counts = countBy(engine.pods().list(Filter.all()), PodStatus::state);
            for (var state : PodState.values()) {
                callback.call(counts.getOrDefault(state, 0L), lowerCase(state));
            }
        });
        gauge("carafe_containers", "Containers by state.", "state", callback -> {
            var counts = countBy(engine.containers().list(Filter.all()), ContainerStatus::state);
            for (var state : ContainerState.values()) {
                callback.call(counts.getOrDefault(state, 0L), lowerCase(state));
            }
        });
        GaugeWithCallback.builder()
                .name("carafe_images")
                .help("Images.")
                .callback(callback -> callback.call(engine.images().list("").size()))
                .register(registry);
    }

    @Override
    public void record(String operation, Duration elapsed, String code) {
        calls.labelValues(operation).observe(seconds(elapsed));
        if (!code.equals("OK")) {
            callErrors.labelValues(operation, code).inc();
        }
    }

    @Override
    public void record(Timing timing) {
        var direction = timing.undone() ? "undo" : "apply";
        stages.labelValues(timing.operation(), timing.stage(), direction).observe(seconds(timing.elapsed()));
        if (!timing.error().isEmpty()) {
            stageErrors
                    .labelValues(timing.operation(), timing.stage(), direction)
                    .inc();
        }
    }

    @Override
    public void record(Pull pull) {
        pulls.labelValues(pull.error().isEmpty() ? "success" : "failure").observe(seconds(pull.elapsed()));
        pulledBytes.inc(pull.bytes());
        resumes.inc(pull.resumes());
    }

    PrometheusRegistry registry() {
        return registry;
    }

    private Histogram histogram(String name, String help, String... labels) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .classicOnly()
                .classicUpperBounds(BUCKETS)
                .register(registry);
    }

    private Counter counter(String name, String help, String... labels) {
        return Counter.builder().name(name).help(help).labelNames(labels).register(registry);
    }

    private void gauge(String name, String help, String label, Consumer<GaugeWithCallback.Callback> read) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(label)
                .callback(read)
                .register(registry);
    }

    private static <T, S> Map<S, Long> countBy(List<T> all, Function<T, S> state) {
        return all.stream().collect(Collectors.groupingBy(state, Collectors.counting()));
    }

    private static String lowerCase(Enum<?> state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
