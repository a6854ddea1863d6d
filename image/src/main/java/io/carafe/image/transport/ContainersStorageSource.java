package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.transport.ContainersStorage.Image;
import io.carafe.image.transport.ContainersStorage.Layer;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** An image of Podman's or CRI-O's store. Its layers are unpacked there: their archives are put together again. */
final class ContainersStorageSource implements ImageSource {

    private final ContainersStorage storage;
    private final Image image;
    private final Map<Digest, Layer> layers;

    private ContainersStorageSource(ContainersStorage storage, Image image, Map<Digest, Layer> layers) {
        this.storage = storage;
        this.image = image;
        this.layers = layers;
    }

    static ContainersStorageSource open(ContainersStorage storage, String name) throws IOException {
        var image = storage.image(name);
        return new ContainersStorageSource(storage, image, storage.layers(image));
    }

    @Override
    public Fetched top(Deadline deadline) {
        return document("manifest", image.digest() == null ? "" : image.digest().toString());
    }

    @Override
    public Fetched manifest(Descriptor descriptor, Deadline deadline) {
        return document("manifest-" + descriptor.digest(), descriptor.digest().toString());
    }

    private Fetched document(String key, String digest) {
        try {
            return ManifestEndpoint.verified(digest, storage.document(image, key), null, this + ": " + key);
        } catch (IOException e) {
            throw CarafeException.of(this + ": " + key, e);
        }
    }

    @Override
    public Content blob(Descriptor blob, Digest diffId, Deadline deadline) throws IOException {
        if (diffId == null) {
            var content = storage.document(image, blob.digest().toString());
            return new Content(new ByteArrayInputStream(content), true);
        }
        var layer = layers.get(diffId);
        if (layer == null) {
            throw new CarafeException.NotFound(this + " has no layer " + diffId);
        }
        return new Content(TarSplitArchive.open(storage.tarSplit(layer), storage.diff(layer)), false);
    }

    @Override
    public List<Descriptor> alternatives(Digest diffId) {
        var layer = layers.get(diffId);
        if (layer == null || layer.blob() == null || !(layer.isGzip() || layer.isZstd())) {
            return List.of();
        }
        var type = layer.isGzip() ? MediaTypes.OCI_LAYER_GZIP : MediaTypes.OCI_LAYER_ZSTD;
        return List.of(new Descriptor(type, layer.blob(), layer.blobSize()));
    }

    @Override
    public List<Reference> knownAs() {
        return ContainersStorage.references(image);
    }

    @Override
    public String toString() {
        return storage + image.id();
    }

    @Override
    public void close() {}
}
