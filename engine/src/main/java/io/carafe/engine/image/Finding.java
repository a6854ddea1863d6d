package io.carafe.engine.image;

import java.util.List;

/**
 * Something in the image store that is not as it should be.
 *
 * @param content what is damaged or missing: the digest of a layer (its DiffID), document or image; of a mount, its place
 * @param images the images that need it: by a name, or by id where they have none; a mount has none
 * @param problem what is wrong, in words
 * @param outcome what was done about it
 * @param note where it was had from, or why it could not be; empty if nothing was tried
 */
public record Finding(Kind kind, String content, List<String> images, String problem, Outcome outcome, String note) {

    /** What is damaged. */
    public enum Kind {
        LAYER,
        /** A manifest or configuration. */
        DOCUMENT,
        /** What is written down about an image. */
        RECORD,
        /** A mount in the store that belongs to no snapshot, from a daemon that died. */
        MOUNT
    }

    /** What became of it. */
    public enum Outcome {
        /** Repair was not asked for. */
        FOUND,
        REPAIRED,
        FAILED
    }

    /** Hears of findings; may wait. */
    @FunctionalInterface
    public interface Listener {
        void found(Finding finding) throws InterruptedException;
    }

    Finding repaired(String from) {
        return new Finding(kind, content, images, problem, Outcome.REPAIRED, from);
    }

    Finding failed(String why) {
        return new Finding(kind, content, images, problem, Outcome.FAILED, why);
    }
}
