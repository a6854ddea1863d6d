package io.carafe.engine.image;

import io.carafe.oci.Digest;
import java.util.List;

/**
 * Something in the image store that is not as it should be.
 *
 * @param content the layer (by its DiffID) or document that is damaged or missing
 * @param images the images that need it: by a name, or by id where they have none
 * @param problem what is wrong, in words
 * @param outcome what was done about it
 * @param note where it was had from, or why it could not be; empty if nothing was tried
 */
public record Finding(Kind kind, Digest content, List<String> images, String problem, Outcome outcome, String note) {

    /** What is damaged. */
    public enum Kind {
        LAYER,
        DOCUMENT
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
