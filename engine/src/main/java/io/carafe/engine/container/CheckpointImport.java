package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.engine.RunDirectory;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.image.ImageService.Lease;
import io.carafe.image.Image;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.PullProgress;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Linux.Namespace;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.Spec;
import io.carafe.storage.Snapshotter;
import io.carafe.storage.TreeUntar;
import io.carafe.storage.UnpackLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checkpoints that containers are made from: an archive as {@link CheckpointArchive} describes it, or an image whose one
 * layer is such an archive unpacked, as CRI-O's and containerd's users make it. Its files are kept at
 * {@link Places#restore} until the container is started.
 *
 * <p>The names in it, links and sizes are not trusted. What CRIU makes of its images is: processes get the users and
 * capabilities that stand there.
 *
 * @param fromImages whether images are looked at
 */
record CheckpointImport(ImageService images, Snapshotter snapshots, Places places, boolean fromImages) {

    private static final String CONFIG = "config.dump";
    private static final String SPEC = "spec.dump";
    private static final String DELETED = "deleted.files";
    private static final String DIFF = "rootfs-diff.tar";
    private static final String IMAGES = "checkpoint";
    private static final int LARGEST_DOCUMENT = 16 << 20;

    static boolean isArchive(String image) {
        return image.startsWith("/");
    }

    /**
     * Unpacks an archive.
     *
     * @return names of the image that its container was made from, the best first
     */
    List<String> take(String id, Path archive) throws IOException {
        if (!Files.isRegularFile(archive)) {
            throw new CarafeException.NotFound("checkpoint " + archive + " is not here, or no file");
        }
        delete(id);
        var unpacked = Files.createDirectories(places.restore(id)).resolve("unpacked");
        try (var tar = Files.newInputStream(archive)) {
            var files = TreeUntar.unpack("checkpoint " + archive, tar, unpacked, UnpackLimits.DEFAULT);
            Files.move(files, files(id));
        }
        return base(id);
    }

    /** The files of an image that is a checkpoint. */
    Optional<Path> filesOf(Image image) {
        var execution = image.config().execution();
        boolean mayBe = fromImages
                && image.diffIds().size() == 1
                && execution.entrypoint().isEmpty()
                && execution.cmd().isEmpty();
        return mayBe
                ? Optional.of(images.files(image.diffIds().getFirst())).filter(CheckpointImport::isCheckpoint)
                : Optional.empty();
    }

    private static boolean isCheckpoint(Path files) {
        return Stream.of(CONFIG, SPEC, IMAGES).allMatch(name -> Files.exists(files.resolve(name)));
    }

    /** As {@link #take}, of files that lie there; they are linked, since they do not change. */
    List<String> takeFiles(String id, Path source) throws IOException {
        delete(id);
        var target = Files.createDirectories(places.restore(id)).resolve("files");
        Files.createDirectory(target);
        for (var name : List.of(CONFIG, SPEC, DELETED, DIFF)) {
            if (Files.exists(source.resolve(name))) {
                Files.createLink(target.resolve(name), source.resolve(name));
            }
        }
        requireFilesOnly(source);
        Files.createDirectory(target.resolve(IMAGES));
        try (var all = Files.list(source.resolve(IMAGES))) {
            for (var file : all.toList()) {
                Files.createLink(target.resolve(IMAGES).resolve(file.getFileName()), file);
            }
        }
        return base(id);
    }

    private List<String> base(String id) throws IOException {
        requireFilesOnly(files(id));
        var config = Json.tree(document(id, CONFIG), CONFIG);
        var names = Stream.of("rootfsImage", "rootfsImageRef", "rootfsImageName")
                .map(key -> config.path(key).asString(""))
                .filter(Predicate.not(String::isEmpty))
                .distinct()
                .toList();
        if (names.isEmpty()) {
            throw new CarafeException.InvalidArgument("checkpoint: its " + CONFIG + " names no image");
        }
        return names;
    }

    /** The image below what the container had written, pulled if it is not here; for a pod of a namespace. */
    Lease lease(List<String> names, String namespace, Deadline deadline) {
        var here = names.stream().filter(this::isHere).findFirst();
        if (here.isPresent()) {
            return images.resolveForContainer(here.get(), "", namespace, deadline);
        }
        CarafeException failure = null;
        for (var name : names) {
            try {
                var image = images.pull(name, namespace, RegistryAuth.ANONYMOUS, null, PullProgress.NONE, deadline);
                return images.resolveForContainer(image.id().toString(), name, namespace, deadline);
            } catch (CarafeException e) {
                failure = failure == null ? e : failure;
            }
        }
        throw new CarafeException.NotFound(
                "checkpoint: the image " + names.getFirst() + " that its container was made from is not here, and "
                        + Objects.requireNonNull(failure).getMessage(),
                failure);
    }

    private boolean isHere(String name) {
        try {
            return images.status(name).isPresent();
        } catch (CarafeException.InvalidArgument e) {
            return false; // no name of an image
        }
    }

    /** What the container had written, and deleted. */
    void applyChanges(String id) throws IOException {
        var diff = files(id).resolve(DIFF);
        if (Files.notExists(diff)) {
            return; // it had written nothing
        }
        var deleted = Files.exists(files(id).resolve(DELETED))
                ? List.of(Json.read(document(id, DELETED), String[].class, DELETED))
                : List.<String>of();
        var staging = places.restore(id).resolve("changes");
        snapshots.applyChanges(id, diff, deleted, staging);
        RunDirectory.delete(staging);
        Files.delete(diff);
    }

    /**
     * CRIU puts the processes into what the new container has in the places of the old one's volumes and namespaces.
     *
     * @throws CarafeException.FailedPrecondition if there is something that the new one does not have
     */
    void requireFit(String id, Spec spec) throws IOException {
        var old = Json.read(document(id, SPEC), Spec.class, SPEC);
        if (old.process() == null || old.linux() == null || old.mounts() == null) {
            throw new CarafeException.InvalidArgument(
                    "checkpoint: its " + SPEC + " is no specification of a container");
        }
        var there = spec.mounts().stream().map(Mount::destination).collect(Collectors.toSet());
        var missing = old.mounts().stream()
                .filter(CheckpointArchive::isBind)
                .map(Mount::destination)
                .filter(Predicate.not(there::contains))
                .toList();
        if (!missing.isEmpty()) {
            throw new CarafeException.FailedPrecondition(
                    "checkpoint: the container that it is of had volumes at " + missing + "; mount some there");
        }
        if (old.process().terminal() != spec.process().terminal()) {
            throw new CarafeException.FailedPrecondition("checkpoint: the container that it is of had "
                    + (old.process().terminal() ? "a" : "no") + " terminal; set tty as it was");
        }
        for (var kind : Namespace.Kind.values()) {
            if (place(old, kind) != place(spec, kind)) {
                throw new CarafeException.FailedPrecondition(
                        "checkpoint: the container that it is of had " + place(old, kind).words + " "
                                + kind.name().toLowerCase(Locale.ROOT)
                                + " namespace; set the pod's namespace options as they were");
            }
        }
    }

    private enum Place {
        NODES("the node's"),
        OWN("its own"),
        PODS("its pod's");

        private final String words;

        Place(String words) {
            this.words = words;
        }
    }

    private static Place place(Spec spec, Namespace.Kind kind) {
        return spec.linux().namespaces().stream()
                .filter(namespace -> namespace.type() == kind)
                .findFirst()
                .map(namespace -> namespace.path() == null ? Place.OWN : Place.PODS)
                .orElse(Place.NODES);
    }

    /** CRIU's images of the processes. */
    Path images(String id) {
        return files(id).resolve(IMAGES);
    }

    /** Gone already is fine. */
    void delete(String id) throws IOException {
        RunDirectory.delete(places.restore(id));
    }

    private Path files(String id) {
        return places.restore(id).resolve("files");
    }

    private byte[] document(String id, String name) throws IOException {
        try (var root = RootedDir.open(files(id));
                var file = root.openWithoutLinks(name, OpenFlags.READ, 0)) {
            if (file.stat().size() > LARGEST_DOCUMENT) {
                throw new CarafeException.InvalidArgument(
                        "checkpoint: its " + name + " is larger than " + LARGEST_DOCUMENT + " bytes");
            }
            return Files.readAllBytes(file.path());
        }
    }

    /** A link would have CRIU read, or this engine unpack, what is none of the checkpoint's. */
    private static void requireFilesOnly(Path files) throws IOException {
        try (var root = RootedDir.open(files)) {
            for (var name : List.of(CONFIG, SPEC, DELETED, DIFF)) {
                var stat = At.statIfThere(root.root(), name);
                boolean required = name.equals(CONFIG) || name.equals(SPEC);
                if (stat == null ? required : !stat.isRegular()) {
                    throw notOne(name);
                }
            }
            try (var images = root.openWithoutLinks(IMAGES, OpenFlags.READ | OpenFlags.DIRECTORY, 0)) {
                requireRegular(images);
            } catch (IOException e) {
                throw new CarafeException.InvalidArgument("checkpoint: it has no directory " + IMAGES, e);
            }
        }
    }

    private static void requireRegular(OpenFile directory) throws IOException {
        for (var entry : At.list(directory)) {
            if (!At.stat(directory, entry.name()).isRegular()) {
                throw notOne(IMAGES + "/" + entry.name());
            }
        }
    }

    private static CarafeException.InvalidArgument notOne(String name) {
        return new CarafeException.InvalidArgument("checkpoint: " + name + " is missing or no file");
    }
}
