package io.carafe.daemon.trace;

import io.carafe.cri.CallTraces;
import io.carafe.engine.stage.StageTimings;
import io.carafe.engine.stage.TraceContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes spans of calls, and below them of the stages that their operations take. A caller that has begun a trace has also
 * decided whether it is wanted.
 */
public final class Traces implements CallTraces, StageTimings, AutoCloseable {

    private static final int ALL = 100;

    private final OtlpExporter exporter;
    private final int percent;

    private Traces(OtlpExporter exporter, int percent) {
        this.exporter = exporter;
        this.percent = percent;
    }

    /**
     * @param endpoint of a collector, {@code http://127.0.0.1:4318}
     * @param percent of the calls whose callers have begun no trace
     */
    public static Traces to(String endpoint, int percent, String version) {
        return new Traces(new OtlpExporter(OtlpExporter.address(endpoint), version), percent);
    }

    /** @throws io.carafe.base.CarafeException.InvalidArgument if it is no address of a collector */
    public static void requireAddress(String endpoint) {
        var _ = OtlpExporter.address(endpoint);
    }

    @Override
    public Span begin(String operation, String parent) {
        var caller = TraceContext.parse(parent);
        var place = caller.map(TraceContext::child)
                .orElseGet(() -> TraceContext.root(ThreadLocalRandom.current().nextInt(ALL) < percent));
        return new Call(
                operation, caller.map(TraceContext::spanId).orElse(null), place, Instant.now(), System.nanoTime());
    }

    private final class Call implements CallTraces.Span {
        private final String operation;
        private final String parent;
        private final TraceContext place;
        private final Instant begun;
        private final long clock;

        private Call(String operation, String parent, TraceContext place, Instant begun, long clock) {
            this.operation = operation;
            this.parent = parent;
            this.place = place;
            this.begun = begun;
            this.clock = clock;
        }

        @Override
        public TraceContext context() {
            return place;
        }

        @Override
        public void end(String code) {
            if (place.sampled()) {
                var elapsed = Duration.ofNanos(System.nanoTime() - clock);
                var attributes = Map.of("rpc.system", "grpc", "rpc.method", operation, "rpc.grpc.status", code);
                exporter.add(new EndedSpan(
                        place, parent, operation, true, begun, elapsed, attributes, code.equals("OK") ? "" : code));
            }
        }
    }

    @Override
    public void record(Timing timing) {
        var call = timing.trace();
        if (call != null && call.sampled()) {
            var attributes = Map.of(
                    "carafe.operation", timing.operation(),
                    "carafe.stage", timing.stage(),
                    "carafe.object", timing.object(),
                    "carafe.undone", Boolean.toString(timing.undone()));
            exporter.add(new EndedSpan(
                    call.child(),
                    call.spanId(),
                    timing.operation() + ":" + timing.stage() + (timing.undone() ? ":undone" : ""),
                    false,
                    Instant.now().minus(timing.elapsed()),
                    timing.elapsed(),
                    attributes,
                    timing.error()));
        }
    }

    /** Sends what is left, within a moment. */
    @Override
    public void close() {
        exporter.close();
    }
}
