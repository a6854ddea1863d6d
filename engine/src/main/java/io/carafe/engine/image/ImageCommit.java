package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.pull.ResolvedImage.Document;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.store.ImageStore;
import io.carafe.image.store.NewImage;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes images of others and a layer on top. The layer is written into a file first, since its name is the digest of all of it,
 * and unpacked from there into the store, as every layer is.
 */
record ImageCommit(ImageStore images, StoredLayers layers, LayerLeases leases, Path temporary, Runnable sweep) {

    private static final int BUFFER = 256 * 1024;

    Image run(
            Image parent,
            ImageTransfers.NewLayer layer,
            Reference name,
            ImageTransfers.Commit what,
            ImageChanges settings,
            Deadline deadline) {
        Path spooled = null;
        try (var _ = leases.hold(parent.diffIds())) {
            spooled = Files.createTempFile(Files.createDirectories(temporary), "commit", ".tmp");
            var diffId = write(layer, spooled);
            deadline.check("commit to " + (name == null ? "an image" : name));
            return add(parent, diffId, spooled, name, what, settings);
        } catch (IOException e) {
            throw CarafeException.of("commit to " + (name == null ? "an image" : name), e);
        } finally {
            ImageTransfers.discard(spooled);
            sweep.run(); // of an image that was not made, the layer that was
        }
    }

    private static Digest write(ImageTransfers.NewLayer layer, Path file) throws IOException {
        var hasher = Digest.sha256();
        try (var out = new BufferedOutputStream(new DigestOutputStream(Files.newOutputStream(file), hasher), BUFFER)) {
            layer.write(out);
        }
        return Digest.of(hasher.digest());
    }

    private Image add(
            Image parent, Digest diffId, Path tar, Reference name, ImageTransfers.Commit what, ImageChanges settings)
            throws IOException {
        var config = settings.onTopOf(parent, diffId, what.author(), what.message(), Instant.now());
        var json = Json.write(config);
        var packed = new ArrayList<>(packedLayers(parent));
        packed.add(new Descriptor(MediaTypes.OCI_LAYER, diffId, Files.size(tar)));
        var manifest = Json.write(new Manifest(
                MediaTypes.OCI_MANIFEST,
                new Descriptor(MediaTypes.OCI_CONFIG, Digest.sha256(json), json.length),
                packed));
        var document = ManifestEndpoint.verified("", manifest, null, "manifest");
        var diffIds = config.rootfs().diffIds();
        try (var _ = leases.hold(diffIds);
                var in = Files.newInputStream(tar)) {
            layers.unpack(diffId, in);
            return images.add(new NewImage(
                    Digest.sha256(json),
                    document.digest(),
                    config,
                    diffIds,
                    List.of(new Document(document.digest(), manifest), new Document(Digest.sha256(json), json)),
                    name == null ? List.of() : List.of(name),
                    List.of(),
                    diffIds.stream().distinct().mapToLong(layers::size).sum()));
        }
    }

    /** As the parent's manifest names them, with the OCI's media types. */
    private List<Descriptor> packedLayers(Image parent) {
        var document = images.blobs()
                .get(parent.manifest())
                .orElseThrow(() -> new CarafeException.FailedPrecondition("image " + parent.id() + ": its manifest "
                        + parent.manifest() + " is missing or damaged; carafe system check --repair fetches it again"));
        return Json.read(document, Manifest.class, "manifest " + parent.manifest()).layers().stream()
                .map(layer -> new Descriptor(mediaType(layer.mediaType()), layer.digest(), layer.size()))
                .toList();
    }

    private static String mediaType(String type) {
        return switch (type) {
            case MediaTypes.DOCKER_LAYER -> MediaTypes.OCI_LAYER;
            case MediaTypes.DOCKER_LAYER + ".gzip" -> MediaTypes.OCI_LAYER_GZIP;
            default -> type;
        };
    }
}
