package io.carafe.engine.image;

import java.time.Duration;

/** Learns how each pull went, once however many wait for it; the source of their metrics. Must not block. */
@FunctionalInterface
public interface PullTimings {

    PullTimings NONE = _ -> {};

    void record(Pull pull);

    /**
     * @param bytes that were downloaded
     * @param resumes how often a connection broke and the download went on where it stopped
     * @param error empty if it went well
     */
    record Pull(Duration elapsed, long bytes, long resumes, String error) {}
}
