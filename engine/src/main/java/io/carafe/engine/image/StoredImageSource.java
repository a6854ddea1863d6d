package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.registry.BlobStream;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.registry.Repository;
import io.carafe.image.store.ImageStore;
import io.carafe.image.transport.ImageSource;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Manifest;
import io.carafe.storage.LayerStore;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An image of the store, whose layers are here unpacked: their archives are put together again, byte by byte, but the
 * compressed blobs that its manifest names are not kept. They can be had from where the image was pulled.
 */
final class StoredImageSource implements ImageSource {

    /** Names to try a mount from; each costs a request. */
    private static final int MAX_NAMES = 4;

    private final Image image;
    private final ImageStore images;
    private final LayerStore layers;
    private final List<Repository> origins;
    private final LayerLeases.Hold hold;
    private final Map<Digest, List<Descriptor>> packed = new HashMap<>();
    private final List<Reference> names = new ArrayList<>();

    /**
     * @param origins where to fetch compressed blobs from, so that all digests stay; empty to do without
     * @param hold of its layers, closed with this
     */
    StoredImageSource(
            Image image, ImageStore images, LayerStore layers, List<Repository> origins, LayerLeases.Hold hold) {
        this.image = image;
        this.images = images;
        this.layers = layers;
        this.origins = List.copyOf(origins);
        this.hold = hold;
        for (var other : images.list()) {
            if (other.diffIds().stream().anyMatch(image.diffIds()::contains)) {
                learn(other);
            }
        }
    }

    /** What the layers of an image are called when they are compressed. */
    private void learn(Image other) {
        for (var name : other.repoDigests()) {
            if (names.size() < MAX_NAMES) {
                names.add(Reference.parse(name));
            }
        }
        var document = images.blobs().get(other.manifest());
        if (document.isEmpty()) {
            return;
        }
        var manifest = Json.read(document.get(), Manifest.class, "manifest " + other.manifest());
        if (manifest.layers().size() == other.diffIds().size()) {
            for (int i = 0; i < other.diffIds().size(); i++) {
                packed.computeIfAbsent(other.diffIds().get(i), _ -> new ArrayList<>())
                        .add(manifest.layers().get(i));
            }
        }
    }

    @Override
    public Fetched top(Deadline deadline) {
        return document(image.manifest());
    }

    @Override
    public Fetched manifest(Descriptor descriptor, Deadline deadline) {
        return document(descriptor.digest());
    }

    private Fetched document(Digest digest) {
        return ManifestEndpoint.verified(digest.toString(), content(digest), null, "manifest of " + this);
    }

    private byte[] content(Digest digest) {
        return images.blobs()
                .get(digest)
                .orElseThrow(() -> new CarafeException.FailedPrecondition(this + ": its document " + digest
                        + " is missing or damaged; carafe system check --repair fetches it again"));
    }

    @Override
    public Content blob(Descriptor blob, Digest diffId, Deadline deadline) {
        if (diffId == null) {
            return new Content(new ByteArrayInputStream(content(blob.digest())), true);
        }
        if (!origins.isEmpty()) {
            return new Content(new BlobStream(origins, blob, deadline, _ -> {}), true);
        }
        return new Content(layers.archive(diffId), false);
    }

    @Override
    public List<Descriptor> alternatives(Digest diffId) {
        return packed.getOrDefault(diffId, List.of());
    }

    @Override
    public List<Reference> knownAs() {
        return names;
    }

    @Override
    public String toString() {
        return "store:"
                + image.repoTags().stream().findFirst().orElse(image.id().toString());
    }

    @Override
    public void close() {
        hold.close();
    }
}
