package io.carafe.engine.image;

import io.carafe.image.pull.PullProgress;
import io.carafe.oci.Digest;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a pull downloads, on the way to those who watch it. */
final class PullTally implements PullProgress {

    private final PullProgress watchers;
    private final long begun = System.nanoTime();
    /** What had come of each blob when its download began, and how far it is. */
    private final Map<Digest, Span> downloaded = new ConcurrentHashMap<>();

    private final LongAdder resumes = new LongAdder();

    private record Span(long from, long to) {

        /** An earlier beginning counts: then it came from the start after all. */
        Span joined(Span later) {
            return new Span(Math.min(from, later.from), Math.max(to, later.to));
        }

        long length() {
            return to - from;
        }
    }

    PullTally(PullProgress watchers) {
        this.watchers = watchers;
    }

    @Override
    public void on(Event event) {
        switch (event.phase()) {
            case WAITING, EXISTS -> {}
            case RETRYING -> resumes.increment();
            case DOWNLOADING, UNPACKING, DONE ->
                downloaded.merge(event.blob(), new Span(event.done(), event.done()), Span::joined);
        }
        watchers.on(event);
    }

    PullTimings.Pull ended(String error) {
        return new PullTimings.Pull(
                Duration.ofNanos(System.nanoTime() - begun),
                downloaded.values().stream().mapToLong(Span::length).sum(),
                resumes.sum(),
                error);
    }
}
