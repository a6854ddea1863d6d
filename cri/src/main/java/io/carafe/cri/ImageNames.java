package io.carafe.cri;

import io.carafe.engine.image.ImageService;

/** How images are called in answers about containers. */
record ImageNames(ImageService images) {

    /** The id of an image known by some name; empty if it is gone. */
    String idOf(String name) {
        return images.status(name).map(image -> image.id().toString()).orElse("");
    }

    /** A reference with the image's digest, for people and for the kubelet's status; the id itself if there is none. */
    String digestOf(String id) {
        if (id.isEmpty()) {
            return id;
        }
        return images.status(id)
                .flatMap(image -> image.repoDigests().stream().findFirst())
                .orElse(id);
    }
}
