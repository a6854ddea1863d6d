package io.carafe.image.pull;

import io.carafe.image.pull.PullProgress.Event;
import io.carafe.image.pull.PullProgress.Phase;
import io.carafe.oci.image.Descriptor;
import java.util.concurrent.TimeUnit;

/** Tells the sink how one blob goes, at most every 100 ms between two phases. For one thread at a time. */
final class Meter {

    private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(100);

    private final Descriptor blob;
    private final PullProgress sink;
    private long last = System.nanoTime();
    private long done;
    private long kept;

    Meter(Descriptor blob, PullProgress sink) {
        this.blob = blob;
        this.sink = sink;
    }

    void phase(Phase phase, String note) {
        sink.on(new Event(blob.digest(), phase, done, blob.size(), note));
        last = System.nanoTime();
    }

    void phase(Phase phase) {
        phase(phase, "");
    }

    /** @param bytes so far */
    void done(long bytes) {
        done = Math.max(bytes, kept);
        if (bytes == blob.size()) {
            phase(Phase.UNPACKING);
        } else if (System.nanoTime() - last >= INTERVAL) {
            phase(Phase.DOWNLOADING);
        }
    }

    /**
     * The download begins.
     *
     * @param here bytes that need not come any more
     */
    void restart(long here) {
        kept = here;
        done = here;
        phase(Phase.DOWNLOADING);
    }
}
