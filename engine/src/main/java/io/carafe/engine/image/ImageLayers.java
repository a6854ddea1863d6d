package io.carafe.engine.image;

import io.carafe.image.Image;
import io.carafe.oci.Digest;
import io.carafe.oci.image.ImageConfig.History;
import java.util.ArrayList;
import java.util.List;

/**
 * What an image is made of.
 *
 * @param layers bottom first
 */
public record ImageLayers(Image image, List<Layer> layers) {

    /**
     * One layer.
     *
     * @param size bytes on disk
     * @param topOf names of images of which it is the uppermost layer, this image's among them
     * @param usedBy how many images have it
     */
    public record Layer(Digest diffId, long size, List<String> topOf, int usedBy) {}

    /**
     * One step of the build.
     *
     * @param layer the one that it made; null if it made none
     */
    public record Step(History history, Layer layer) {}

    static ImageLayers of(Image image, List<Image> all, StoredLayers stored) {
        var layers = new ArrayList<Layer>();
        for (var diffId : image.diffIds()) {
            var topOf = all.stream()
                    .filter(other -> !other.diffIds().isEmpty()
                            && other.diffIds().getLast().equals(diffId))
                    .flatMap(other -> other.repoTags().stream())
                    .sorted()
                    .toList();
            int usedBy = (int) all.stream()
                    .filter(other -> other.diffIds().contains(diffId))
                    .count();
            layers.add(new Layer(diffId, stored.size(diffId), topOf, usedBy));
        }
        return new ImageLayers(image, List.copyOf(layers));
    }

    /** The steps of the build, the last first; layers that the history does not tell of are there as steps of their own. */
    public List<Step> steps() {
        var steps = new ArrayList<Step>();
        int next = 0;
        var history = image.config().history() == null
                ? List.<History>of()
                : image.config().history();
        for (var step : history) {
            boolean empty = step == null || Boolean.TRUE.equals(step.emptyLayer());
            steps.add(new Step(
                    step == null ? new History(null, null, null, null, null) : step,
                    empty || next >= layers.size() ? null : layers.get(next++)));
        }
        while (next < layers.size()) {
            steps.add(new Step(new History(null, null, null, null, null), layers.get(next++)));
        }
        return steps.reversed();
    }
}
