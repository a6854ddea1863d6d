package io.carafe.engine.stage;

import java.time.Duration;

/** Learns how long each stage of each operation took; the source of latency histograms. Must not block. */
@FunctionalInterface
public interface StageTimings {

    StageTimings NONE = timing -> {};

    void record(Timing timing);

    /**
     * @param operation the operation's kind: {@code run}, {@code create}, {@code start}, {@code stop}, {@code remove}
     * @param object the pod's or container's id
     * @param undone true for the way back
     * @param error empty if it went well
     * @param trace what the operation was begun for; null if that is not traced
     */
    record Timing(
            String operation,
            String object,
            String stage,
            boolean undone,
            Duration elapsed,
            String error,
            TraceContext trace) {}

    /** Both learn everything. */
    default StageTimings and(StageTimings other) {
        return timing -> {
            record(timing);
            other.record(timing);
        };
    }
}
