package io.carafe.engine.container;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.Spec;
import io.carafe.storage.Snapshotter;
import io.carafe.storage.TreeTar;
import io.carafe.storage.tar.TarWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The archive of a checkpoint, in the form that CRI-O and Podman write and {@code checkpointctl} reads: a tar of
 *
 * <ul>
 *   <li>{@code checkpoint/}: CRIU's images of the processes
 *   <li>{@code config.dump}: what the container was made from
 *   <li>{@code spec.dump}: its {@code config.json}
 *   <li>{@code rootfs-diff.tar}: what it has written, and {@code deleted.files}: what it has deleted
 *   <li>{@code bind.mounts}: what must be there of the host for a restore
 *   <li>{@code dump.log}: what CRIU said
 * </ul>
 *
 * @param work has {@code checkpoint} and {@code dump.log}
 */
record CheckpointArchive(Container container, Snapshotter snapshots, Path bundle, Path work) {

    private static final int BUFFER = 256 * 1024;
    private static final String DIFF = "rootfs-diff.tar";

    /** It holds all that was in the container's memory. */
    private static final String PRIVATE = "rw-------";

    /** {@code config.dump}, with the members that its readers look for. */
    private record Description(
            String id,
            String name,
            String rootfsImage,
            String rootfsImageRef,
            String rootfsImageName,
            String runtime,
            Instant createdTime,
            Instant checkpointedTime,
            boolean restored) {}

    /** A line of {@code bind.mounts}. */
    private record Bound(
            String source,
            String destination,
            @JsonProperty("file_type") String fileType) {}

    void write(Path archive) throws IOException {
        var spec = bundle.resolve("config.json");
        var deleted = writeChanges();
        try (var tar = new TarWriter(create(archive));
                var directory = OpenFile.openDirectory(work.resolve("checkpoint"))) {
            tar.file("config.dump", Json.write(description()));
            tar.file("spec.dump", Files.readAllBytes(spec));
            tar.file("bind.mounts", Json.write(bindMounts(Json.read(spec, Spec.class))));
            tar.file("deleted.files", Json.write(deleted));
            add(tar, "dump.log", work.resolve("dump.log"));
            add(tar, DIFF, work.resolve(DIFF));
            tar.directory("checkpoint", directory.stat(), Map.of());
            TreeTar.write(directory, "checkpoint/", tar);
        }
    }

    private List<String> writeChanges() throws IOException {
        try (var tar = new TarWriter(create(work.resolve(DIFF)))) {
            return snapshots.writeChanges(container.id(), tar);
        }
    }

    private Description description() {
        var record = container.record();
        return new Description(
                record.id(),
                record.config().name().name(),
                record.config().image(),
                record.image().ref(),
                record.config().userSpecifiedImage(),
                record.handler(),
                record.createdAt(),
                Instant.now(),
                record.restored());
    }

    private static List<Bound> bindMounts(Spec spec) {
        return spec.mounts().stream()
                .filter(CheckpointArchive::isBind)
                .map(CheckpointArchive::bound)
                .toList();
    }

    static boolean isBind(Mount mount) {
        var options = mount.options() == null ? List.<String>of() : mount.options();
        return "bind".equals(mount.type()) || options.contains("bind") || options.contains("rbind");
    }

    private static Bound bound(Mount mount) {
        var type = Files.isDirectory(Path.of(mount.source())) ? "directory" : "file";
        return new Bound(mount.source(), mount.destination(), type);
    }

    private static void add(TarWriter tar, String name, Path file) throws IOException {
        try (var content = OpenFile.open(file, OpenFlags.READ, 0)) {
            tar.file(name, content.stat(), Map.of(), content);
        }
    }

    private static OutputStream create(Path file) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
        return new BufferedOutputStream(Files.newOutputStream(file, StandardOpenOption.WRITE), BUFFER);
    }
}
