package io.carafe.engine.image;

import io.carafe.image.Image;
import io.carafe.oci.Digest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * What images take on disk, where a layer that several of them have is there once.
 *
 * @param bytes all of them together
 * @param reclaimable what would be free without those that nobody uses and nobody has pinned
 */
public record DiskUsage(long bytes, long reclaimable, List<OfImage> images) {

    /**
     * One image.
     *
     * @param shared bytes of its layers that other images have too; the rest goes with it
     */
    public record OfImage(Image image, long shared) {

        public long unique() {
            return image.size() - shared;
        }
    }

    /** @param layerBytes what a layer takes */
    static DiskUsage of(List<Image> images, Predicate<Image> used, ToLongFunction<Digest> layerBytes) {
        var users = users(images);
        var sizes = new HashMap<Digest, Long>();
        users.keySet().forEach(layer -> sizes.put(layer, layerBytes.applyAsLong(layer)));
        var kept = images.stream()
                .filter(image -> image.pinned() || used.test(image))
                .toList();
        long bytes = together(images, sizes);
        return new DiskUsage(
                bytes,
                bytes - together(kept, sizes),
                images.stream()
                        .map(image -> new OfImage(
                                image,
                                distinct(image).stream()
                                        .filter(layer -> users.get(layer) > 1)
                                        .mapToLong(sizes::get)
                                        .sum()))
                        .toList());
    }

    private static Set<Digest> distinct(Image image) {
        return new HashSet<>(image.diffIds());
    }

    private static Map<Digest, Integer> users(List<Image> images) {
        var users = new HashMap<Digest, Integer>();
        images.forEach(image -> distinct(image).forEach(layer -> users.merge(layer, 1, Integer::sum)));
        return users;
    }

    private static long together(List<Image> images, Map<Digest, Long> sizes) {
        long all = images.stream().mapToLong(Image::size).sum();
        for (var layer : users(images).entrySet()) {
            all -= (layer.getValue() - 1) * sizes.get(layer.getKey());
        }
        return all;
    }
}
