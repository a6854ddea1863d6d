package io.carafe.image.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.image.pull.ResolvedImage.Document;
import io.carafe.linux.mount.MountFlag;
import io.carafe.linux.mount.Mounts;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image store on a disk that becomes full at each page of what is written about an image. */
@Tag("root")
class FullDiskTest {

    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    private Path root;
    private Path ballast;

    @BeforeEach
    void mount() throws IOException {
        Mounts.mount("tmpfs", "small", directory, EnumSet.noneOf(MountFlag.class), "size=512k");
        root = directory.resolve("images");
        ballast = directory.resolve("ballast");
    }

    @AfterEach
    void unmount() throws IOException {
        Mounts.unmountAll(directory);
    }

    /** An image with some pages of manifest and configuration. */
    private static NewImage image(String seed, String tag) {
        var padding = seed.repeat(3 * PAGE);
        var config = Json.write(Map.of(
                "config",
                Map.of("Labels", Map.of("padding", padding)),
                "rootfs",
                Map.of("type", "layers", "diff_ids", List.of())));
        var manifest = Json.write(new Manifest(
                2,
                MediaTypes.OCI_MANIFEST,
                null,
                new Descriptor(MediaTypes.OCI_CONFIG, Digest.sha256(config), config.length),
                List.of(),
                null,
                Map.of("padding", padding)));
        return new NewImage(
                Digest.sha256(config),
                Digest.sha256(manifest),
                Json.read(config, ImageConfig.class, "config"),
                List.of(),
                List.of(new Document(Digest.sha256(manifest), manifest), new Document(Digest.sha256(config), config)),
                List.of(Reference.parse(tag)),
                List.of(),
                0);
    }

    /** Leaves so many pages free. */
    private void fill(int free) throws IOException {
        Files.deleteIfExists(ballast);
        long pages = Files.getFileStore(directory).getUsableSpace() / PAGE - free;
        try (OutputStream out = Files.newOutputStream(ballast)) {
            for (long i = 0; i < pages; i++) {
                out.write(new byte[PAGE]);
            }
        }
    }

    /** All files but the index, which may lag behind. */
    private Map<String, String> files() throws IOException {
        var files = new TreeMap<String, String>();
        try (var walk = Files.walk(root)) {
            for (var path : walk.filter(Files::isRegularFile).toList()) {
                if (!path.endsWith("index.json")) {
                    files.put(root.relativize(path).toString(), Files.readString(path));
                }
            }
        }
        return files;
    }

    @Test
    void anImageThatFindsNoRoomLeavesTheStoreAsBefore() throws IOException {
        var store = ImageStore.open(root);
        var old = store.add(image("a", "app:1"));
        var before = files();
        int pages = 0;
        for (boolean added = false; !added; pages++) {
            fill(pages);
            try {
                store.add(image("b", "app:1"));
                added = true;
            } catch (CarafeException.ResourceExhausted e) {
                assertTrue(e.getMessage().contains("no space left"), e.getMessage());
                assertEquals(before, files(), "with room for " + pages + " pages");
                assertEquals(List.of(old), store.list());
                assertEquals(List.of(old), ImageStore.open(root).list());
            }
        }
        assertTrue(pages > 6, "it failed at documents and records: " + pages);
        assertEquals("b", tagged(store));
        assertEquals("b", tagged(ImageStore.open(root)));
    }

    private static String tagged(ImageStore store) {
        return store.find("docker.io/library/app:1")
                .orElseThrow()
                .config()
                .execution()
                .labels()
                .get("padding")
                .substring(0, 1);
    }

    @Test
    void aFullDiskIsEmptiedByRemovals() throws IOException {
        var store = ImageStore.open(root);
        var one = store.add(image("a", "app:1"));
        var two = store.add(image("b", "app:2"));
        fill(0);

        var reopened = ImageStore.open(root);
        assertThrows(CarafeException.ResourceExhausted.class, () -> reopened.add(image("c", "app:3")));
        reopened.remove(one.id());

        assertEquals(List.of(two), reopened.list());
        assertEquals(List.of(two), ImageStore.open(root).list());
        reopened.remove(two.id());
        assertEquals(Map.of(), files());
    }

    @Test
    void lostRecordsOnAFullDiskAreKnownAndWrittenLater() throws IOException {
        var added = ImageStore.open(root).add(image("a", "app:1"));
        Files.delete(root.resolve("records/sha256-" + added.id().hex() + ".json"));
        fill(0);

        assertEquals(List.of(added), ImageStore.open(root).list());
        Files.delete(ballast);
        assertEquals(List.of(added), ImageStore.open(root).list());
        assertEquals(3, files().size(), "the record is on disk again");
    }
}
