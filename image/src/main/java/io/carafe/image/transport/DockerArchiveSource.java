package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.compress.Compression;
import io.carafe.image.pull.PullLimits;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.transport.DockerArchiveDestination.Item;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An image of an archive of {@code docker save}. It has no manifest there: one is made in Docker's form, whose layers are
 * named by their DiffIDs.
 */
final class DockerArchiveSource implements ImageSource {

    private static final int MAX_IMAGES = 1000;

    private final Folder folder;
    private final byte[] config;
    private final Fetched manifest;
    private final Map<Digest, String> layers;
    private final boolean closesFolder;

    private DockerArchiveSource(
            Folder folder, byte[] config, Fetched manifest, Map<Digest, String> layers, boolean closesFolder) {
        this.folder = folder;
        this.config = config;
        this.manifest = manifest;
        this.layers = layers;
        this.closesFolder = closesFolder;
    }

    /** @param name as in RepoTags; empty for the only image there is */
    static DockerArchiveSource open(Folder folder, String name) throws IOException {
        var found = items(folder).stream()
                .filter(item -> name.isEmpty()
                        || (item.repoTags() != null && item.repoTags().contains(name)))
                .toList();
        if (found.size() != 1) {
            throw new CarafeException.NotFound(
                    folder + " has " + (found.isEmpty() ? "no image " + name : "several images")
                            + ": name one of "
                            + items(folder).stream()
                                    .flatMap(item -> item.repoTags() == null
                                            ? java.util.stream.Stream.<String>of()
                                            : item.repoTags().stream())
                                    .map(TarFolder::printable)
                                    .toList());
        }
        return of(folder, found.getFirst(), true);
    }

    /** All images that the archive names. */
    static List<Item> items(Folder folder) throws IOException {
        var items = Json.read(
                folder.document(DockerArchiveDestination.MANIFEST),
                Item[].class,
                folder + ": " + DockerArchiveDestination.MANIFEST);
        if (items.length > MAX_IMAGES) {
            throw new CarafeException.InvalidArgument(folder + ": it names more than " + MAX_IMAGES + " images");
        }
        for (var item : items) {
            if (item == null
                    || item.config() == null
                    || item.layers() == null
                    || item.layers().contains(null)) {
                throw new CarafeException.InvalidArgument(folder + ": its " + DockerArchiveDestination.MANIFEST
                        + " has an image without Config or Layers");
            }
        }
        return List.of(items);
    }

    static DockerArchiveSource of(Folder folder, Item item, boolean closesFolder) throws IOException {
        var config = folder.document(item.config());
        var rootFs = Json.read(config, ImageConfig.class, folder + ": " + TarFolder.printable(item.config()))
                .rootfs();
        if (rootFs == null
                || rootFs.diffIds() == null
                || rootFs.diffIds().contains(null)
                || rootFs.diffIds().size() != item.layers().size()
                || item.layers().size() > PullLimits.DEFAULT.layers()) {
            throw new CarafeException.InvalidArgument(folder + ": an image in it has "
                    + item.layers().size() + " layers, which is not what its configuration says, or too many");
        }
        var descriptors = new ArrayList<Descriptor>();
        var files = new HashMap<Digest, String>();
        for (int i = 0; i < item.layers().size(); i++) {
            var diffId = rootFs.diffIds().get(i);
            var file = item.layers().get(i);
            files.put(diffId, file);
            descriptors.add(new Descriptor(MediaTypes.DOCKER_LAYER, diffId, folder.size(file)));
        }
        var document = Json.write(new Manifest(
                MediaTypes.DOCKER_MANIFEST,
                new Descriptor(MediaTypes.DOCKER_CONFIG, Digest.sha256(config), config.length),
                descriptors));
        var manifest = ManifestEndpoint.verified("", document, null, folder.toString());
        return new DockerArchiveSource(folder, config, manifest, files, closesFolder);
    }

    @Override
    public Fetched top(Deadline deadline) {
        return manifest;
    }

    @Override
    public Fetched manifest(Descriptor descriptor, Deadline deadline) {
        throw new IllegalStateException("there is no index");
    }

    /** A layer may be compressed there, against the custom. */
    @Override
    public Content blob(Descriptor blob, Digest diffId, Deadline deadline) throws IOException {
        if (blob.digest().equals(Digest.sha256(config))) {
            return new Content(new ByteArrayInputStream(config), true);
        }
        var file = layers.get(blob.digest());
        if (file == null) {
            throw new CarafeException.NotFound(folder + " has no blob " + blob.digest());
        }
        var bytes = Compression.unpack(folder.open(file));
        return new Content(bytes, false);
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    @Override
    public void close() {
        if (closesFolder) {
            try {
                folder.close();
            } catch (IOException e) {
                throw CarafeException.of(folder.toString(), e);
            }
        }
    }
}
