package io.carafe.engine.image;

import io.carafe.image.pull.PullLimits;
import io.carafe.storage.UnpackLimits;

/**
 * What an image may cost at most, whether it is pulled or loaded.
 *
 * @param image its documents and layers together
 * @param layer what is in the archive of each
 */
public record ImageLimits(PullLimits image, UnpackLimits layer) {

    public static final ImageLimits DEFAULT = of(PullLimits.DEFAULT, UnpackLimits.DEFAULT);

    /** The same where no layer may be larger than the whole image. */
    public static ImageLimits of(PullLimits image, UnpackLimits layer) {
        return new ImageLimits(image, layer.withTotalBytes(image.unpackedBytes()));
    }
}
