package io.carafe.engine.image;

import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.pull.ResolvedImage.Document;
import io.carafe.image.store.ImageStore;
import io.carafe.image.store.NewImage;
import io.carafe.image.transport.ImageDestination;
import io.carafe.image.transport.ManifestForm;
import io.carafe.image.transport.Payload;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.ImageConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/** The store as a place for an image that does not come from a registry. */
final class StoreDestination implements ImageDestination {

    private final ImageStore images;
    private final StoredLayers layers;
    private final LayerLeases leases;
    private final List<Reference> names;
    private final boolean named;
    private final Runnable sweep;
    private final List<LayerLeases.Hold> holds = new ArrayList<>();
    private Stored stored;
    private Image image;

    /**
     * @param names what the image is to be called
     * @param named whether its manifest's digest is a name too: of one that was synthesized it means nothing elsewhere
     * @param sweep takes away layers that nobody needs
     */
    StoreDestination(
            ImageStore images,
            StoredLayers layers,
            LayerLeases leases,
            List<Reference> names,
            boolean named,
            Runnable sweep) {
        this.images = images;
        this.layers = layers;
        this.leases = leases;
        this.names = names;
        this.named = named;
        this.sweep = sweep;
    }

    @Override
    public Packing packing() {
        return Packing.PLAIN;
    }

    @Override
    public ManifestForm form() {
        return ManifestForm.SAME;
    }

    @Override
    public boolean has(Descriptor blob, List<Reference> knownAs, Deadline deadline) {
        hold(blob.digest());
        return layers.has(blob.digest());
    }

    private synchronized void hold(Digest diffId) {
        holds.add(leases.hold(List.of(diffId)));
    }

    @Override
    public void put(Payload blob, LongConsumer sent, Deadline deadline) throws IOException {
        try (var archive = blob.open()) {
            layers.unpack(blob.expected(), archive);
        }
    }

    @Override
    public void manifest(Stored manifest, Deadline deadline) {
        if (manifest.top()) {
            stored = manifest;
        }
    }

    @Override
    public void commit(Deadline deadline) {
        var manifest = stored.document();
        var config = stored.manifest().config().digest();
        long size =
                Set.copyOf(stored.diffIds()).stream().mapToLong(layers::size).sum();
        image = images.add(new NewImage(
                config,
                manifest.digest(),
                Json.read(stored.config(), ImageConfig.class, "configuration " + config),
                stored.diffIds(),
                List.of(new Document(manifest.digest(), manifest.content()), new Document(config, stored.config())),
                names.stream().filter(name -> name.digest() == null).toList(),
                named
                        ? names.stream()
                                .map(name -> name.withDigest(manifest.digest()))
                                .distinct()
                                .toList()
                        : List.of(),
                size));
    }

    /** Once it is committed. */
    Image image() {
        return image;
    }

    @Override
    public String toString() {
        return "store:" + (names.isEmpty() ? "" : names.getFirst());
    }

    @Override
    public void close() {
        synchronized (this) {
            holds.forEach(LayerLeases.Hold::close);
            holds.clear();
        }
        if (image == null) {
            sweep.run();
        }
    }
}
