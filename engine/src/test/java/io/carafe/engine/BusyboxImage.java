package io.carafe.engine;

import io.carafe.image.Reference;
import io.carafe.image.pull.ResolvedImage;
import io.carafe.image.store.ImageStore;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import io.carafe.storage.Storage;
import io.carafe.storage.UnpackLimits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** An image of one layer with the host's static busybox, put into the stores as a pull would, without a registry. */
final class BusyboxImage {

    static final String NAME = "localhost/busybox:test";

    private static final List<String> COMMANDS =
            List.of("sh", "sleep", "cat", "echo", "true", "false", "id", "hostname", "nc", "ps", "env", "ls", "touch");

    private BusyboxImage() {}

    static void put(Path images, Storage storage) throws IOException {
        put(images, storage, NAME, layer(), List.of("/bin/sh"));
    }

    /** An image of one layer. */
    static void put(Path images, Storage storage, String name, byte[] layer, List<String> command) throws IOException {
        var diffId = Digest.sha256(layer);
        storage.layers().unpack(diffId, new ByteArrayInputStream(layer), UnpackLimits.DEFAULT);
        var execution =
                new ImageConfig.Execution("", null, List.of("PATH=/bin"), null, command, null, "/", Map.of(), null);
        var config = new ImageConfig(
                "2026-01-01T00:00:00Z",
                null,
                "amd64",
                "linux",
                null,
                null,
                execution,
                new ImageConfig.RootFs("layers", List.of(diffId)),
                List.of());
        var configDocument = document(Json.write(config));
        var manifest = new Manifest(
                2,
                MediaTypes.OCI_MANIFEST,
                null,
                new Descriptor(
                        MediaTypes.OCI_CONFIG,
                        configDocument.digest(),
                        configDocument.content().length,
                        List.of(),
                        Map.of(),
                        null,
                        null),
                List.of(),
                null,
                Map.of());
        var manifestDocument = document(Json.write(manifest));
        ImageStore.open(images)
                .add(
                        new ResolvedImage(
                                Reference.parse(name),
                                manifestDocument.digest(),
                                manifestDocument.digest(),
                                manifest,
                                config,
                                List.of(configDocument, manifestDocument),
                                List.of()),
                        layer.length);
    }

    private static ResolvedImage.Document document(byte[] content) {
        return new ResolvedImage.Document(Digest.sha256(content), content);
    }

    private static byte[] layer() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            for (var directory : List.of("bin/", "etc/", "proc/", "sys/", "dev/", "tmp/")) {
                var entry = new TarArchiveEntry(directory);
                entry.setMode(directory.equals("tmp/") ? 01777 : 0755);
                tar.putArchiveEntry(entry);
                tar.closeArchiveEntry();
            }
            file(tar, "bin/busybox", 0755, Files.readAllBytes(Path.of("/bin/busybox")));
            file(
                    tar,
                    "etc/passwd",
                    0644,
                    "root:x:0:0::/:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n".getBytes(StandardCharsets.UTF_8));
            for (var command : COMMANDS) {
                var link = new TarArchiveEntry("bin/" + command, TarConstants.LF_SYMLINK);
                link.setLinkName("busybox");
                tar.putArchiveEntry(link);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static void file(TarArchiveOutputStream tar, String name, int mode, byte[] content) throws IOException {
        var entry = new TarArchiveEntry(name);
        entry.setMode(mode);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }
}
