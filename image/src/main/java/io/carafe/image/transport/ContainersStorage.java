package io.carafe.image.transport;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The store of containers/storage, driver overlay, in which Podman, Buildah and CRI-O keep images: read only, whoever writes
 * it. Its files are replaced by renames, so that each can be read without its lock.
 */
record ContainersStorage(Path root) {

    static final Path DEFAULT_ROOT = Path.of("/var/lib/containers/storage");

    private static final int MAX_FILE = 256 << 20;

    /** Kinds of compression, by their numbers there. */
    private static final int GZIP = 2;

    private static final int ZSTD = 4;

    /** @param layer the uppermost */
    record Image(String id, Digest digest, List<String> names, String layer) {}

    /**
     * One layer, in {@code overlay/<id>/diff}.
     *
     * @param parent null for the lowest
     */
    record Layer(
            String id,
            String parent,
            @JsonProperty("diff-digest") Digest diffId,
            @JsonProperty("compressed-diff-digest") Digest blob,
            @JsonProperty("compressed-size") long blobSize,
            int compression) {

        boolean isGzip() {
            return compression == GZIP;
        }

        boolean isZstd() {
            return compression == ZSTD;
        }
    }

    /** @throws CarafeException.NotFound if there is no such store */
    static ContainersStorage open(Path root) {
        if (!Files.isDirectory(root.resolve("overlay-images"))) {
            throw new CarafeException.NotFound(
                    "containers-storage " + root + ": there is no store of the driver overlay");
        }
        return new ContainersStorage(root);
    }

    /** @param name as it is there, or a beginning of an id */
    Image image(String name) throws IOException {
        var images = List.of(read("overlay-images/images.json", Image[].class));
        var found = images.stream().filter(image -> isNamed(image, name)).toList();
        if (found.isEmpty()) {
            found = images.stream()
                    .filter(image -> name.matches("[0-9a-f]{3,64}")
                            && checked(image.id()).startsWith(name))
                    .toList();
        }
        if (found.size() != 1) {
            throw new CarafeException.NotFound(
                    this + " has " + (found.isEmpty() ? "no image " : "several images ") + name);
        }
        return found.getFirst();
    }

    private static boolean isNamed(Image image, String name) {
        if (image.names() == null) {
            return false;
        }
        return image.names().contains(name)
                || (!name.matches("[0-9a-f]{64}") && image.names().contains(normalised(name)))
                || image.names().contains("localhost/" + name);
    }

    private static String normalised(String name) {
        return Reference.parse(name).toString();
    }

    /** The image's layers by their DiffIDs. */
    Map<Digest, Layer> layers(Image image) throws IOException {
        var all = new LinkedHashMap<String, Layer>();
        for (var file : List.of("overlay-layers/layers.json", "overlay-layers/volatile-layers.json")) {
            if (Files.exists(root.resolve(file))) {
                for (var layer : read(file, Layer[].class)) {
                    all.put(layer.id(), layer);
                }
            }
        }
        var layers = new LinkedHashMap<Digest, Layer>();
        for (var id = image.layer(); id != null && !id.isEmpty(); ) {
            var layer = all.remove(id); // a chain that comes back to itself ends there
            if (layer == null || layer.diffId() == null) {
                throw new CarafeException.FailedPrecondition(this + ": layer " + checked(id) + " of image "
                        + checked(image.id()) + " is missing or not whole");
            }
            layers.put(layer.diffId(), layer);
            id = layer.parent();
        }
        return layers;
    }

    /** A document of an image: {@code manifest}, or the configuration under its digest. */
    byte[] document(Image image, String key) throws IOException {
        var path = root.resolve("overlay-images").resolve(checked(image.id())).resolve(fileName(key));
        try {
            if (Files.size(path) > Folder.MAX_DOCUMENT) {
                throw new CarafeException.InvalidArgument(
                        path + " is longer than " + Folder.MAX_DOCUMENT + " bytes, which no document is");
            }
            return Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            throw new CarafeException.NotFound(this + ": image " + image.id() + " has no " + key, e);
        }
    }

    /** Keys of other characters than these are written in base64. */
    private static String fileName(String key) {
        return key.matches("[.0-9a-z]+")
                ? key
                : "=" + Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    }

    /** The files of a layer. */
    Path diff(Layer layer) {
        return root.resolve("overlay").resolve(checked(layer.id())).resolve("diff");
    }

    /** What its archive is made of besides the data of its files. */
    Path tarSplit(Layer layer) {
        return root.resolve("overlay-layers").resolve(checked(layer.id()) + ".tar-split.gz");
    }

    /** An id that becomes a part of a path. */
    private static String checked(String id) {
        if (id == null || !id.matches("[0-9a-zA-Z]{1,128}")) {
            throw new CarafeException.InvalidArgument("containers-storage: an id in it is malformed");
        }
        return id;
    }

    private <T> T read(String file, Class<T> type) throws IOException {
        var path = root.resolve(file);
        if (Files.size(path) > MAX_FILE) {
            throw new CarafeException.InvalidArgument(path + " is longer than " + MAX_FILE + " bytes");
        }
        return Json.read(Files.readAllBytes(path), type, path.toString());
    }

    /** What an image is called there. */
    static List<Reference> references(Image image) {
        var references = new ArrayList<Reference>();
        for (var name : image.names() == null ? List.<String>of() : image.names()) {
            references.add(Reference.parse(name));
        }
        return references;
    }

    @Override
    public String toString() {
        return "containers-storage:[" + root + "]";
    }
}
