package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.pull.PullLimits;
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
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
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
    private final AtomicLong unpacked = new AtomicLong();
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
    public int ratio() {
        return limits().ratio();
    }

    private PullLimits limits() {
        return layers.limits().image();
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
            layers.unpack(blob.expected(), new Bounded(archive));
        }
    }

    @Override
    public void manifest(Stored manifest, Deadline deadline) {
        checkLimit("manifest", manifest.document().content().length, limits().manifestBytes(), "bytes");
        if (manifest.config() != null) {
            checkLimit("configuration", manifest.config().length, limits().configBytes(), "bytes");
            checkLimit("image", manifest.diffIds().size(), limits().layers(), "layers");
        }
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

    private void checkLimit(String what, long size, long limit, String unit) {
        if (size > limit) {
            throw new CarafeException.InvalidArgument(
                    this + ": the " + what + " has " + size + " " + unit + "; " + limit + " are allowed");
        }
    }

    /** A layer's archive, as far as the whole image does not become too large. */
    private final class Bounded extends FilterInputStream {

        Bounded(InputStream archive) {
            super(archive);
        }

        @Override
        public int read() throws IOException {
            int one = super.read();
            count(one < 0 ? 0 : 1);
            return one;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            count(Math.max(0, count));
            return count;
        }

        private void count(int bytes) {
            if (unpacked.addAndGet(bytes) > limits().unpackedBytes()) {
                throw new CarafeException.InvalidArgument(StoreDestination.this + ": the image unpacks to more than "
                        + limits().unpackedBytes() + " bytes");
            }
        }
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
