package io.carafe.image.pull;

import io.carafe.image.registry.ManifestEndpoint;

/**
 * What an image may cost at most.
 *
 * @param manifestBytes length of a manifest or index
 * @param configBytes length of its configuration
 * @param layers how many it may have; overlayfs takes 500
 * @param unpackedBytes all its layers' archives together, without compression
 * @param ratio unpacked to compressed size, beyond the first {@link #RATIO_FREE} bytes of a layer. Gzip cannot do
 *     better than 1032, zstd can: it makes a bomb of any size
 * @param parallel layers downloaded at a time
 */
public record PullLimits(int manifestBytes, int configBytes, int layers, long unpackedBytes, int ratio, int parallel) {

    /** Bytes of a layer that may come out whatever it was compressed to: room for a few empty, sparse files. */
    public static final long RATIO_FREE = 256L << 20;

    public static final PullLimits DEFAULT =
            new PullLimits(ManifestEndpoint.MAX_SIZE, 8 << 20, 500, 256L << 30, 1100, 3);

    public PullLimits withParallel(int value) {
        return new PullLimits(manifestBytes, configBytes, layers, unpackedBytes, ratio, value);
    }
}
