package io.carafe.image.pull;

import io.carafe.oci.Digest;

/** Learns how a pull goes. Called from the threads that do the work, so it must be quick and thread-safe. */
@FunctionalInterface
public interface PullProgress {

    PullProgress NONE = event -> {};

    void on(Event event);

    /**
     * One blob's progress, at each change of phase and at most every 100 ms between.
     *
     * @param blob digest as in the manifest: compressed for a layer
     * @param done bytes downloaded
     * @param total bytes to download
     * @param note for {@link Phase#RETRYING} the reason, otherwise empty
     */
    record Event(Digest blob, Phase phase, long done, long total, String note) {}

    /** In the order they occur; a blob ends in {@code EXISTS} or {@code DONE}, unless the pull fails. */
    enum Phase {
        /** Waits for its turn, or for another pull that fetches it. */
        WAITING,
        /** Is in the store already. */
        EXISTS,
        /** Is downloaded, verified and unpacked, all at once. */
        DOWNLOADING,
        /** The connection broke; it goes on where it stopped. */
        RETRYING,
        /** All bytes are here; the rest is written and synced. */
        UNPACKING,
        DONE
    }
}
