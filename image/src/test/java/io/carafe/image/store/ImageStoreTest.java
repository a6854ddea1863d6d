package io.carafe.image.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.pull.ResolvedImage;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.Json;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {

    @TempDir
    Path directory;

    private Path root;

    private final TestImages.Made one = made(1);
    private final TestImages.Made two = made(2);

    @BeforeEach
    void root() {
        root = directory.resolve("images");
    }

    private static TestImages.Made made(long seed) {
        return TestImages.image(TestImages.layer(TestImages.tar("a", 10, seed), Packing.PLAIN));
    }

    private static ResolvedImage pulled(TestImages.Made made, String name) {
        var documents = made.blobs().entrySet().stream()
                .filter(blob -> made.layers().stream()
                        .noneMatch(layer -> layer.descriptor().digest().equals(blob.getKey())))
                .map(blob -> new ResolvedImage.Document(blob.getKey(), blob.getValue()))
                .toList();
        var manifest = Json.read(made.blobs().get(made.top().digest()), Manifest.class, "manifest");
        var config = Json.read(made.blobs().get(made.configDigest()), ImageConfig.class, "config");
        return new ResolvedImage(
                Reference.parse(name),
                made.top().digest(),
                made.top().digest(),
                manifest,
                config,
                documents,
                List.of());
    }

    private List<Path> files() throws IOException {
        try (var walk = Files.walk(root)) {
            return walk.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void imageIsFoundByIdAndNamesAlsoAfterReopening() {
        var added = ImageStore.open(root).add(pulled(one, "nginx:1"), 100);
        var store = ImageStore.open(root);

        assertEquals(List.of(added), store.list());
        assertEquals(added, store.find(one.configDigest()).orElseThrow());
        assertEquals(added, store.find("docker.io/library/nginx:1").orElseThrow());
        assertEquals(
                added,
                store.find("docker.io/library/nginx@" + one.top().digest()).orElseThrow());
        assertEquals(Instant.parse("2026-01-02T03:04:05Z"), added.created());
        assertEquals("1000", added.config().execution().user());
        assertTrue(added.size() > 100);
    }

    @Test
    void pullByDigestGivesNoTag() {
        var image = ImageStore.open(root).add(pulled(one, "nginx@" + one.top().digest()), 0);

        assertEquals(List.of(), image.repoTags());
        assertEquals(List.of("docker.io/library/nginx@" + one.top().digest()), image.repoDigests());
    }

    @Test
    void namesOfOneImageAddUp() {
        var store = ImageStore.open(root);
        store.add(pulled(one, "nginx:1"), 0);
        store.add(pulled(one, "quay.io/nginx:2"), 0);

        assertEquals(1, store.list().size());
        assertEquals(
                List.of("docker.io/library/nginx:1", "quay.io/nginx:2"),
                store.list().getFirst().repoTags());
    }

    @Test
    void tagMovesToTheImagePulledLast() {
        var store = ImageStore.open(root);
        store.add(pulled(one, "nginx:1"), 0);
        store.add(pulled(two, "nginx:1"), 0);

        for (var each : List.of(store, ImageStore.open(root))) {
            assertEquals(List.of(), each.find(one.configDigest()).orElseThrow().repoTags());
            assertEquals(
                    two.configDigest(),
                    each.find("docker.io/library/nginx:1").map(Image::id).orElseThrow());
        }
    }

    @Test
    void crashInTheMiddleOfAMovedTagLeavesItWithTheLaterImage() throws IOException {
        var store = ImageStore.open(root);
        store.add(pulled(one, "nginx:1"), 0);
        var before = Files.readAllBytes(record(one));
        store.add(pulled(two, "nginx:1"), 0);
        Files.write(record(one), before);

        var reopened = ImageStore.open(root);

        assertEquals(
                two.configDigest(),
                reopened.find("docker.io/library/nginx:1").map(Image::id).orElseThrow());
        assertEquals(List.of(), reopened.find(one.configDigest()).orElseThrow().repoTags());
    }

    private Path record(TestImages.Made made) {
        return root.resolve("records/sha256-" + made.configDigest().hex() + ".json");
    }

    @Test
    void removalTakesWhatNoOtherImageHas() throws IOException {
        var store = ImageStore.open(root);
        store.add(pulled(one, "nginx:1"), 0);
        store.add(pulled(two, "nginx:2"), 0);

        store.remove(one.configDigest());
        store.remove(one.configDigest());

        assertFalse(store.find(one.configDigest()).isPresent());
        assertTrue(store.blobs().get(two.configDigest()).isPresent());
        store.remove(two.configDigest());
        assertEquals(List.of(), files());
    }

    @Test
    void brokenRecordsAreQuarantinedAndTheRestGoesOn() throws IOException {
        var store = ImageStore.open(root);
        store.add(pulled(one, "nginx:1"), 0);
        store.add(pulled(two, "nginx:2"), 0);
        Files.writeString(record(one), "{\"id\":");
        Files.writeString(root.resolve("records/other.json"), "{}");
        Files.writeString(root.resolve("records/half.json.7.tmp"), "{");

        var reopened = ImageStore.open(root);

        assertEquals(1, reopened.list().size());
        assertTrue(Files.exists(root.resolve("quarantine/" + record(one).getFileName())));
        assertFalse(Files.exists(record(one)));
        assertFalse(Files.exists(root.resolve("records/half.json.7.tmp")));
        reopened.add(pulled(one, "nginx:1"), 0);
        assertEquals(2, ImageStore.open(root).list().size());
    }

    @Test
    void damagedConfigurationIsHealedByPullingAgain() throws IOException {
        ImageStore.open(root).add(pulled(one, "nginx:1"), 0);
        var blob = root.resolve("blobs/sha256/" + one.configDigest().hex());
        Files.write(blob, new byte[10]);

        var reopened = ImageStore.open(root);
        assertEquals(List.of(), reopened.list());
        reopened.add(pulled(one, "nginx:1"), 0);

        assertEquals(1, ImageStore.open(root).list().size());
    }
}
