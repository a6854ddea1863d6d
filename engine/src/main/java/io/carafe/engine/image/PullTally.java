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
    private final Map<Digest, Long> downloaded = new ConcurrentHashMap<>();
    private final LongAdder resumes = new LongAdder();

    PullTally(PullProgress watchers) {
        this.watchers = watchers;
    }

    @Override
    public void on(Event event) {
        switch (event.phase()) {
            case WAITING, EXISTS -> {}
            case RETRYING -> resumes.increment();
            case DOWNLOADING, UNPACKING, DONE -> downloaded.merge(event.blob(), event.done(), Math::max);
        }
        watchers.on(event);
    }

    PullTimings.Pull ended(String error) {
        return new PullTimings.Pull(
                Duration.ofNanos(System.nanoTime() - begun),
                downloaded.values().stream().mapToLong(Long::longValue).sum(),
                resumes.sum(),
                error);
    }
}
