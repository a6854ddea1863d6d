package io.carafe.cri;

import java.time.Duration;

/** Learns how long each call took and how it ended; the source of latency histograms. Must not block. */
@FunctionalInterface
public interface CallTimings {

    CallTimings NONE = (_, _, _) -> {};

    /**
     * @param operation the method's name: {@code RunPodSandbox}
     * @param elapsed until the last message was handed over; of a stream, for as long as it was open
     * @param code of gRPC: {@code OK}, {@code NOT_FOUND}
     */
    void record(String operation, Duration elapsed, String code);
}
