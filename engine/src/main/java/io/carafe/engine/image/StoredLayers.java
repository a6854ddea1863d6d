package io.carafe.engine.image;

import io.carafe.image.pull.LayerTarget;
import io.carafe.oci.Digest;
import io.carafe.storage.LayerStore;
import java.io.IOException;
import java.io.InputStream;

/** The layer store as the target of pulls. */
record StoredLayers(LayerStore layers, ImageLimits limits) implements LayerTarget {

    @Override
    public boolean has(Digest diffId) {
        return layers.find(diffId).isPresent();
    }

    @Override
    public void unpack(Digest diffId, InputStream tar) throws IOException {
        var _ = layers.unpack(diffId, tar, limits.layer());
    }

    @Override
    public long size(Digest diffId) {
        return layers.find(diffId).map(layer -> layer.usage().bytes()).orElse(0L);
    }
}
