package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.compress.Compression;
import io.carafe.image.config.Endpoint;
import io.carafe.image.config.Policy;
import io.carafe.image.config.Requirement;
import io.carafe.image.pull.PullSources;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.registry.Repository;
import io.carafe.image.signature.PolicyGate;
import io.carafe.image.transport.DockerArchiveDestination.Item;
import io.carafe.oci.image.Descriptor;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Opens images at all places but the store, which knows itself.
 *
 * <pre>{@code
 * var transports = new Transports(client, () -> sources, temporary);
 * try (var from = transports.source(Location.parse("docker://nginx:1.27"), RegistryAuth.ANONYMOUS, deadline);
 *         var to = transports.destination(Location.parse("oci:/srv/nginx:1.27"), RegistryAuth.ANONYMOUS, form, deadline)) {
 *     ImageCopy.run(from, to, CopyOptions.DEFAULT.withAll(true), PullProgress.NONE, deadline);
 * }
 * }</pre>
 */
public final class Transports {

    /** The most bytes that an archive may have when it is unpacked. */
    private static final long LARGEST_ARCHIVE = 256L << 30;

    private final RegistryClient client;
    private final Supplier<PullSources> sources;
    private final Path temporary;

    /**
     * @param client stays the caller's to close
     * @param sources asked at each use
     * @param temporary a directory for what has to wait; made when it is needed
     */
    public Transports(RegistryClient client, Supplier<PullSources> sources, Path temporary) {
        this.client = client;
        this.sources = sources;
        this.temporary = temporary;
    }

    /** How an archive or a directory is laid out. */
    public enum Format {
        OCI,
        DOCKER
    }

    /**
     * An image of an archive.
     *
     * @param names what it is called there
     * @param own whether its manifest is the archive's own, and not made for it
     */
    public record Found(ImageSource source, List<String> names, boolean own) {}

    /** The images of an archive, until it is closed. */
    public static final class Archive implements AutoCloseable {

        private final Folder folder;
        private final Path spooled;
        private final List<Found> images;

        private Archive(Folder folder, Path spooled, List<Found> images) {
            this.folder = folder;
            this.spooled = spooled;
            this.images = images;
        }

        /** At least one. */
        public List<Found> images() {
            return images;
        }

        @Override
        public void close() {
            try (folder) {
                if (spooled != null) {
                    Files.deleteIfExists(spooled);
                }
            } catch (IOException e) {
                throw CarafeException.of(folder.toString(), e);
            }
        }
    }

    /**
     * The image at {@code location}.
     *
     * @param auth {@link RegistryAuth#ANONYMOUS} to look for credentials in the node's files
     */
    public ImageSource source(Location location, RegistryAuth auth, Deadline deadline) {
        admit(location);
        try {
            return switch (location) {
                case Location.Registry registry -> registrySource(registry.name(), auth, deadline);
                case Location.Layout layout ->
                    LayoutSource.open(
                            layout.archive() ? archive(layout.path()) : DirectoryFolder.open(layout.path()),
                            layout.tag());
                case Location.DockerArchive archive ->
                    DockerArchiveSource.open(archive(archive.path()), archive.name());
                case Location.Directory directory -> new DirSource(DirectoryFolder.open(directory.path()));
                case Location.ContainersStore store ->
                    ContainersStorageSource.open(ContainersStorage.open(store.root()), store.name());
                case Location.Store _ -> throw new IllegalArgumentException("the store opens its images itself");
            };
        } catch (IOException e) {
            throw CarafeException.of("open " + location, e);
        }
    }

    private ImageSource registrySource(String name, RegistryAuth auth, Deadline deadline) {
        var using = sources.get();
        var candidates = using.registries().candidates(name);
        if (candidates.size() > 1) {
            throw new CarafeException.InvalidArgument(
                    "docker://" + name + ": it may mean one of " + candidates + "; write the full name");
        }
        var reference = candidates.getFirst();
        var gate = PolicyGate.open(using.policy(), reference, using.registriesDirectory(), client);
        return new RegistrySource(reference, gate, repositories(reference, auth, deadline));
    }

    /** Refuses files that the policy does; those of registries have their own gate. */
    private void admit(Location location) {
        switch (location) {
            case Location.Layout layout ->
                admit(
                        layout.archive() ? "oci-archive" : "oci",
                        Policy.scopes(layout.path(), layout.tag()),
                        location.toString());
            case Location.Directory directory -> admit("dir", Policy.scopes(directory.path(), ""), location.toString());
            case Location.DockerArchive _ -> admit("docker-archive", List.of(), location.toString());
            case Location.ContainersStore _ -> admit("containers-storage", List.of(), location.toString());
            case Location.Registry _, Location.Store _ -> {}
        }
    }

    private void admit(String transport, List<String> scopes, String image) {
        var rule = sources.get().policy().rule(transport, scopes);
        rule.refuseOutright(image);
        for (var requirement : rule.requirements()) {
            if (!(requirement instanceof Requirement.AcceptAnything)) {
                throw rule.refusal(image, requirement, "of files no signatures are read, only of registries");
            }
        }
    }

    /** Where an image is looked for, in order, each with the credentials for it. */
    public List<Repository> repositories(Reference reference, RegistryAuth auth, Deadline deadline) {
        var using = sources.get();
        var repositories = new ArrayList<Repository>();
        for (var endpoint : using.registries().endpoints(reference)) {
            repositories.add(repository(using, endpoint, auth, deadline));
        }
        return List.copyOf(repositories);
    }

    private Repository repository(PullSources using, Endpoint endpoint, RegistryAuth auth, Deadline deadline) {
        // what the caller gives is meant for the registry that it named, not for whoever mirrors it
        boolean given = !auth.equals(RegistryAuth.ANONYMOUS) && !endpoint.mirror();
        var credentials = given
                ? auth
                : using.credentials()
                        .find(endpoint.reference(), using.registries(), deadline)
                        .auth();
        return client.repository(endpoint, credentials);
    }

    /** An archive is not unpacked anywhere; a compressed one is read by {@link #load}, which does. */
    private static Folder archive(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new CarafeException.NotFound("archive " + path + " is not there");
        }
        return TarFolder.open(path.toString(), path);
    }

    /**
     * A place for an image.
     *
     * @param form the manifest's, at {@code dir:}
     */
    public ImageDestination destination(Location location, RegistryAuth auth, ManifestForm form, Deadline deadline) {
        try {
            return switch (location) {
                case Location.Registry registry -> registryDestination(registry.name(), auth, deadline);
                case Location.Layout layout ->
                    new LayoutDestination(
                            layout.toString(),
                            layout.archive() ? newArchive(layout.path()) : DirectoryWriter.open(layout.path()),
                            names(layout.tag()),
                            true);
                case Location.DockerArchive archive ->
                    new DockerArchiveDestination(
                            archive.toString(), newArchive(archive.path()), names(archive.name()), true);
                case Location.Directory directory ->
                    new DirDestination(directory.toString(), DirectoryWriter.open(directory.path()), form);
                case Location.ContainersStore _ ->
                    throw new CarafeException.InvalidArgument(
                            location + ": the store of others is not written to; skopeo or podman load can");
                case Location.Store _ -> throw new IllegalArgumentException("the store takes images itself");
            };
        } catch (IOException e) {
            throw CarafeException.of("open " + location, e);
        }
    }

    private static List<String> names(String name) {
        return name.isEmpty() ? List.of() : List.of(name);
    }

    /** Mirrors are for pulls: what is pushed goes to the registry itself. */
    private ImageDestination registryDestination(String name, RegistryAuth auth, Deadline deadline) {
        var using = sources.get();
        var candidates = using.registries().candidates(name);
        if (candidates.size() > 1) {
            throw new CarafeException.InvalidArgument(
                    "docker://" + name + ": it may mean one of " + candidates + "; write the full name");
        }
        var endpoint = using.registries().endpoints(candidates.getFirst()).getLast();
        return new RegistryDestination(repository(using, endpoint, auth, deadline));
    }

    /** Written beside, and there when all is in it. */
    private FolderWriter newArchive(Path path) throws IOException {
        if (Files.exists(path)) {
            throw new CarafeException.AlreadyExists(path + " is there already: an archive is not changed");
        }
        return new ArchiveFile(path, makeTemporary());
    }

    private Path makeTemporary() throws IOException {
        return Files.createDirectories(temporary);
    }

    /** Writes images into an archive, one after the other. */
    public static final class ArchiveWriter implements AutoCloseable {

        private final TarFolderWriter folder;
        private final Format format;
        private final boolean plain;
        private boolean written;

        private ArchiveWriter(TarFolderWriter folder, Format format, boolean plain) {
            this.folder = folder;
            this.format = format;
            this.plain = plain;
        }

        /**
         * The place for the next image.
         *
         * @param names what it is called
         */
        public ImageDestination next(List<String> names) {
            if (plain) {
                if (written) {
                    throw new CarafeException.InvalidArgument("a directory of Docker's format holds one image only");
                }
                written = true;
                return new DirDestination("directory", folder, ManifestForm.DOCKER);
            }
            return switch (format) {
                case OCI -> new LayoutDestination("archive", folder, names, false);
                case DOCKER -> new DockerArchiveDestination("archive", folder, names, false);
            };
        }

        /** All images are in it. */
        public void commit() throws IOException {
            if (!plain) {
                folder.commit();
            }
        }

        @Override
        public void close() throws IOException {
            folder.close();
        }
    }

    /**
     * An archive of images.
     *
     * @param out closed with it
     * @param files whether to write the files of {@link Location.Directory} instead, of one image
     */
    public ArchiveWriter archive(OutputStream out, Format format, boolean files) throws IOException {
        return new ArchiveWriter(
                new TarFolderWriter(new BufferedOutputStream(out, 128 << 10), makeTemporary()), format, files);
    }

    /**
     * The images of an archive, whichever format it has and however it is compressed.
     *
     * @param in read to its end, and kept in a temporary file meanwhile
     */
    public Archive load(InputStream in) {
        Path spooled = null;
        Folder folder = null;
        try {
            spooled = Files.createTempFile(makeTemporary(), "archive", ".tmp");
            spool(in, spooled);
            folder = TarFolder.open("to load", spooled);
            admit(transport(folder), List.of(), "of the archive");
            return new Archive(folder, spooled, images(folder));
        } catch (IOException | RuntimeException e) {
            discard(folder, spooled);
            throw e instanceof CarafeException known ? known : CarafeException.of("load of the archive", e);
        }
    }

    /** Keeps a tar, perhaps compressed, without compression in a file. */
    public static void spool(InputStream in, Path to) throws IOException {
        try (var archive = Compression.unpack(new BufferedInputStream(in, 64 << 10));
                var out = Files.newOutputStream(to)) {
            var bytes = new byte[256 << 10];
            long total = 0;
            for (int count = archive.read(bytes, 0, bytes.length);
                    count >= 0;
                    count = archive.read(bytes, 0, bytes.length)) {
                out.write(bytes, 0, count);
                total += count;
                if (total > LARGEST_ARCHIVE) {
                    throw new CarafeException.InvalidArgument(
                            "the archive has more than " + LARGEST_ARCHIVE + " bytes");
                }
            }
        }
    }

    private static void discard(Folder folder, Path spooled) {
        try {
            if (folder != null) {
                folder.close();
            }
            if (spooled != null) {
                Files.deleteIfExists(spooled);
            }
        } catch (IOException e) {
            // the directory is emptied when the store is opened
        }
    }

    /** As what a policy knows an archive. */
    private static String transport(Folder folder) {
        return isLayout(folder) ? "oci-archive" : folder.has("version") ? "dir" : "docker-archive";
    }

    private static boolean isLayout(Folder folder) {
        return folder.has(LayoutDestination.INDEX) && folder.has(LayoutDestination.MARKER);
    }

    /** An OCI layout says more than Docker's list, where an archive has both. */
    private static List<Found> images(Folder folder) throws IOException {
        var found = new ArrayList<Found>();
        if (isLayout(folder)) {
            for (Descriptor image : LayoutSource.images(folder)) {
                found.add(new Found(LayoutSource.of(folder, image), LayoutSource.names(image), true));
            }
        } else if (folder.has("version")) {
            found.add(new Found(new DirSource(folder), List.of(), true));
        } else if (folder.has(DockerArchiveDestination.MANIFEST)) {
            for (Item item : DockerArchiveSource.items(folder)) {
                var names = item.repoTags() == null ? List.<String>of() : item.repoTags();
                found.add(new Found(DockerArchiveSource.of(folder, item, false), names, false));
            }
        } else {
            throw new CarafeException.InvalidArgument("the archive holds no image: there is neither an OCI layout nor"
                    + " Docker's manifest.json in it; carafe import makes an image of the files of a tar");
        }
        if (found.isEmpty()) {
            throw new CarafeException.InvalidArgument("the archive names no image");
        }
        return found;
    }
}
