package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ChangedFile;
import io.carafe.image.Image;
import io.carafe.image.Platforms;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.Puller;
import io.carafe.image.pull.ResolvedImage.Document;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.Repository;
import io.carafe.image.store.ImageStore;
import io.carafe.image.store.NewImage;
import io.carafe.image.transport.CopyOptions;
import io.carafe.image.transport.ImageCopy;
import io.carafe.image.transport.ImageDestination;
import io.carafe.image.transport.ImageSource;
import io.carafe.image.transport.Location;
import io.carafe.image.transport.Transports;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import io.carafe.oci.image.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Images on their way into the store and out of it, other than by a pull.
 *
 * <p>The store keeps layers unpacked. So an image that leaves it for a registry or an OCI layout is compressed again, and
 * its manifest written anew, unless the destination has the compressed layers or can mount them, or the blobs can be fetched
 * once more from where the image was pulled ({@link CopyOptions#preserveDigests}). Its configuration, and so its id, is the
 * same everywhere.
 */
public final class ImageTransfers {

    private final ImageStore images;
    private final StoredLayers layers;
    private final LayerLeases leases;
    private final Puller puller;
    private final Transports transports;
    private final Path temporary;
    private final Function<String, Image> find;
    private final Runnable sweep;

    ImageTransfers(
            ImageStore images,
            StoredLayers layers,
            LayerLeases leases,
            Puller puller,
            Transports transports,
            Path temporary,
            Function<String, Image> find,
            Runnable sweep) {
        this.images = images;
        this.layers = layers;
        this.leases = leases;
        this.puller = puller;
        this.transports = transports;
        this.temporary = temporary;
        this.find = find;
        this.sweep = sweep;
    }

    /**
     * Credentials for the two ends of a copy.
     *
     * @param from {@link RegistryAuth#ANONYMOUS} to look for credentials in the node's files, likewise {@code to}
     */
    public record Credentials(RegistryAuth from, RegistryAuth to) {
        public static final Credentials OF_THE_NODE = new Credentials(RegistryAuth.ANONYMOUS, RegistryAuth.ANONYMOUS);
    }

    /**
     * Copies an image from anywhere to anywhere.
     *
     * @return the digest of the manifest or index at the destination; of the store, the image's manifest
     */
    public Digest copy(
            Location from,
            Location to,
            Credentials credentials,
            CopyOptions options,
            PullProgress progress,
            Deadline deadline) {
        if (to instanceof Location.Store store) {
            return copyIn(from, reference(store.name()), credentials, options, progress, deadline)
                    .manifest();
        }
        try (var source = source(from, credentials, options, deadline);
                var destination = transports.destination(to, credentials.to(), options.form(), deadline)) {
            return ImageCopy.run(source, destination, options, progress, deadline)
                    .digest();
        }
    }

    /** In the store an image of a registry is a pull, with all that belongs to one. */
    private Image copyIn(
            Location from,
            Reference name,
            Credentials credentials,
            CopyOptions options,
            PullProgress progress,
            Deadline deadline) {
        if (options.all() || options.compression() != null) {
            throw new CarafeException.InvalidArgument("copy to store:" + name
                    + ": the store holds one platform's image, with unpacked layers: it can be neither of all platforms"
                    + " nor of another compression");
        }
        if (from instanceof Location.Store store) {
            return images.tag(find.apply(store.name()).id(), name);
        }
        if (from instanceof Location.Registry registry) {
            return pulled(registry.name(), name, credentials.from(), options, progress, deadline);
        }
        try (var source = transports.source(from, credentials.from(), deadline)) {
            return store(source, List.of(name), !(from instanceof Location.DockerArchive), options, progress, deadline);
        }
    }

    private Image pulled(
            String from,
            Reference name,
            RegistryAuth auth,
            CopyOptions options,
            PullProgress progress,
            Deadline deadline) {
        var resolved = puller.resolve(from, auth, options.platform(), deadline);
        try (var _ = leases.hold(resolved.diffIds())) {
            puller.fetchLayers(resolved, layers, progress, deadline);
            long size = resolved.diffIds().stream()
                    .distinct()
                    .mapToLong(layers::size)
                    .sum();
            return images.tag(images.add(resolved, size).id(), name);
        } finally {
            sweep.run(); // of an image that did not get here, the layers that did
        }
    }

    private Image store(
            ImageSource source,
            List<Reference> names,
            boolean named,
            CopyOptions options,
            PullProgress progress,
            Deadline deadline) {
        try (var destination = new StoreDestination(images, layers, leases, names, named, sweep)) {
            ImageCopy.run(source, destination, options, progress, deadline);
            return destination.image();
        }
    }

    private static Reference reference(String name) {
        var reference = Reference.parse(name);
        if (reference.digest() != null) {
            throw new CarafeException.InvalidArgument(
                    "image name " + name + ": a digest is not given, it is what an image has; name a tag");
        }
        return reference;
    }

    private ImageSource source(Location from, Credentials credentials, CopyOptions options, Deadline deadline) {
        if (!(from instanceof Location.Store store)) {
            return transports.source(from, credentials.from(), deadline);
        }
        var image = find.apply(store.name());
        if (options.all()) {
            return allPlatforms(image, credentials, deadline);
        }
        return stored(image, options.preserveDigests(), deadline);
    }

    private ImageSource stored(Image image, boolean original, Deadline deadline) {
        var origins = original ? origins(image, deadline) : List.<Repository>of();
        var hold = leases.hold(image.diffIds());
        try {
            return new StoredImageSource(image, images, layers.layers(), origins, hold);
        } catch (RuntimeException e) {
            hold.close();
            throw e;
        }
    }

    private List<Repository> origins(Image image, Deadline deadline) {
        var origins = new ArrayList<Repository>();
        for (var name : image.repoDigests()) {
            origins.addAll(transports.repositories(Reference.parse(name), RegistryAuth.ANONYMOUS, deadline));
        }
        return origins;
    }

    /** The store has one platform's layers; those of the others are where the image was pulled. */
    private ImageSource allPlatforms(Image image, Credentials credentials, Deadline deadline) {
        for (var name : image.repoDigests()) {
            var document = images.blobs().get(Reference.parse(name).digest());
            if (document.isPresent()
                    && MediaTypes.isIndex(
                            Json.tree(document.get(), name).path("mediaType").asString(MediaTypes.OCI_INDEX))) {
                return transports.source(new Location.Registry(name), credentials.from(), deadline);
            }
        }
        throw new CarafeException.FailedPrecondition("image " + image.id()
                + ": it is here for one platform, and was not pulled by a name that stands for several");
    }

    /** A format to save images in. */
    public enum Format {
        OCI_ARCHIVE,
        DOCKER_ARCHIVE,
        /** The files of an OCI layout, in a tar. */
        OCI_DIR,
        /** The files of {@code dir:}, with a manifest of Docker's form, in a tar. */
        DOCKER_DIR
    }

    /**
     * Writes images into one archive.
     *
     * @param names of images, or ids; an image has the names there by which it was named here
     * @param out closed when all is written
     */
    public void save(List<String> names, Format format, CopyOptions options, OutputStream out, Deadline deadline)
            throws IOException {
        boolean docker = format == Format.DOCKER_ARCHIVE || format == Format.DOCKER_DIR;
        var found = new java.util.LinkedHashMap<Digest, List<String>>();
        for (var name : names) {
            var image = find.apply(name);
            found.computeIfAbsent(image.id(), _ -> new ArrayList<>()).addAll(tagOf(image, name));
        }
        try (var archive = transports.archive(
                out, docker ? Transports.Format.DOCKER : Transports.Format.OCI, format == Format.DOCKER_DIR)) {
            for (var each : found.entrySet()) {
                deadline.check("save of " + each.getKey());
                try (var source = stored(find.apply(each.getKey().toString()), options.preserveDigests(), deadline);
                        ImageDestination to = archive.next(each.getValue())) {
                    ImageCopy.run(source, to, options, PullProgress.NONE, deadline);
                }
            }
            archive.commit();
        }
    }

    /** The tag that an image was named by; of one named by its id, none. */
    private List<String> tagOf(Image image, String name) {
        return image.repoTags().stream()
                .filter(tag -> puller.sources().registries().candidates(name).stream()
                        .anyMatch(candidate -> candidate.toString().equals(tag)))
                .toList();
    }

    /**
     * Brings all images of an archive into the store.
     *
     * @param in in the form of an OCI layout or of {@code docker save}, perhaps compressed
     * @return them, in the archive's order
     */
    public List<Image> load(InputStream in, Platform platform, PullProgress progress, Deadline deadline) {
        var loaded = new ArrayList<Image>();
        try (var archive = transports.load(in)) {
            for (var found : archive.images()) {
                var names = found.names().stream()
                        .filter(ImageTransfers::isName)
                        .map(Reference::parse)
                        .distinct()
                        .toList();
                var options = CopyOptions.DEFAULT.withPlatform(platform);
                loaded.add(store(found.source(), names, found.own(), options, progress, deadline));
            }
        }
        return loaded;
    }

    /** A tag alone, as in many OCI layouts, says nothing about the repository. */
    private static boolean isName(String text) {
        try {
            boolean full = text.contains("/") || text.contains(":");
            return full && Reference.parse(text).digest() == null;
        } catch (CarafeException.InvalidArgument e) {
            return false;
        }
    }

    /**
     * Makes an image of one layer from the files of a tar.
     *
     * @param tar perhaps compressed
     * @param name null for none
     * @param changes instructions such as {@code CMD ["/bin/sh"]}
     */
    public Image importFiles(
            InputStream tar, String name, List<String> changes, String message, Platform platform, Deadline deadline) {
        var reference = name == null ? null : reference(name);
        var settings = ImageChanges.parse(changes);
        Path spooled = null;
        try {
            spooled = Files.createTempFile(Files.createDirectories(temporary), "import", ".tmp");
            Transports.spool(tar, spooled);
            return imported(spooled, reference, settings, message, platform, deadline);
        } catch (IOException e) {
            throw CarafeException.of("import of " + (name == null ? "an image" : name), e);
        } finally {
            discard(spooled);
        }
    }

    private Image imported(
            Path tar, Reference name, ImageChanges settings, String message, Platform platform, Deadline deadline)
            throws IOException {
        var hasher = Digest.sha256();
        try (var in = new DigestInputStream(Files.newInputStream(tar), hasher)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        deadline.check("import of an image");
        var diffId = Digest.of(hasher.digest());
        var config = settings.configuration(
                Platforms.normalised(platform == null ? Platforms.host() : platform), diffId, message, Instant.now());
        var json = Json.write(config);
        var manifest = Json.write(new Manifest(
                MediaTypes.OCI_MANIFEST,
                new Descriptor(MediaTypes.OCI_CONFIG, Digest.sha256(json), json.length),
                List.of(new Descriptor(MediaTypes.OCI_LAYER, diffId, Files.size(tar)))));
        var document = ManifestEndpoint.verified("", manifest, null, "manifest");
        try (var _ = leases.hold(List.of(diffId));
                var in = Files.newInputStream(tar)) {
            layers.unpack(diffId, in);
            return images.add(new NewImage(
                    Digest.sha256(json),
                    document.digest(),
                    config,
                    List.of(diffId),
                    List.of(new Document(document.digest(), manifest), new Document(Digest.sha256(json), json)),
                    name == null ? List.of() : List.of(name),
                    List.of(),
                    layers.size(diffId)));
        } finally {
            sweep.run(); // of an image that could not be written down, the layer
        }
    }

    /**
     * What is said about an image that is made from a container.
     *
     * @param changes instructions such as {@code CMD ["/bin/sh"]}, on top of the parent's configuration
     * @param author empty for none, likewise {@code message}
     */
    public record Commit(List<String> changes, String author, String message) {}

    /** Where a new layer comes from. */
    public interface NewLayer {

        /**
         * Writes it as a tar without compression.
         *
         * @param out may be closed then
         */
        void write(OutputStream out) throws IOException;
    }

    /**
     * Makes an image of another one and a layer on top.
     *
     * @param name null for none
     */
    public Image commit(String parent, NewLayer layer, String name, Commit what, Deadline deadline) {
        return new ImageCommit(images, layers, leases, temporary, sweep)
                .run(
                        find.apply(parent),
                        layer,
                        name == null ? null : reference(name),
                        what,
                        ImageChanges.parse(what.changes()),
                        deadline);
    }

    /** What the topmost layer of an image changes of the files of those below. */
    public List<ChangedFile> changes(String name) {
        var image = find.apply(name);
        try (var _ = leases.hold(image.diffIds())) {
            return ChangedFile.of(layers.layers().changes(image.diffIds()));
        }
    }

    static void discard(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // the directory is emptied when the store is opened
        }
    }
}
