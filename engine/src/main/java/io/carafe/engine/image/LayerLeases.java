package io.carafe.engine.image;

import io.carafe.oci.Digest;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who needs which layers just now: a pull until its image is written down, a container until its snapshot is. A leased
 * layer is not removed; a layer that is being removed cannot be leased until it is gone.
 */
final class LayerLeases {

    private final Map<Digest, Integer> held = new HashMap<>();
    private final Set<Digest> removing = new HashSet<>();

    /** Closing it twice does no harm. */
    final class Hold implements AutoCloseable {

        private List<Digest> layers;

        private Hold(List<Digest> layers) {
            this.layers = layers;
        }

        @Override
        public void close() {
            synchronized (LayerLeases.this) {
                layers.forEach(layer -> held.computeIfPresent(layer, (_, count) -> count == 1 ? null : count - 1));
                layers = List.of();
            }
        }
    }

    /** Waits for removals that run, which are quick: a layer is renamed away before it is deleted. */
    synchronized Hold hold(Collection<Digest> layers) {
        boolean interrupted = false;
        while (layers.stream().anyMatch(removing::contains)) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        layers.forEach(layer -> held.merge(layer, 1, Integer::sum));
        return new Hold(List.copyOf(layers));
    }

    /** Runs {@code removal} unless somebody holds the layer; nobody gets hold of it meanwhile. */
    void ifFree(Digest layer, Runnable removal) {
        synchronized (this) {
            if (held.containsKey(layer) || !removing.add(layer)) {
                return;
            }
        }
        try {
            removal.run();
        } finally {
            synchronized (this) {
                removing.remove(layer);
                notifyAll();
            }
        }
    }
}
