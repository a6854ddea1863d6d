package io.carafe.image.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
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
import java.util.Comparator;
import java.util.List;
import java.util.Set;
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
            return walk.filter(Files::isRegularFile)
                    .filter(file -> !file.equals(root.resolve("index.json")))
                    .toList();
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
    void unreadableRecordsAreQuarantinedAndMadeAnew() throws IOException {
        var store = ImageStore.open(root);
        var added = store.add(pulled(one, "nginx:1"), 0);
        store.add(pulled(two, "nginx:2"), 0);
        Files.writeString(record(one), "{\"id\":");
        Files.writeString(root.resolve("records/other.json"), "{}");
        Files.writeString(root.resolve("records/half.json.7.tmp"), "{");

        var reopened = ImageStore.open(root);

        assertEquals(2, reopened.list().size());
        assertEquals(added, reopened.find("docker.io/library/nginx:1").orElseThrow());
        assertTrue(Files.exists(root.resolve("quarantine/" + record(one).getFileName())));
        assertFalse(Files.exists(root.resolve("records/half.json.7.tmp")));
        assertTrue(Files.size(record(one)) > 100, "it is on disk again");
    }

    /** A directory of which somebody has deleted a part. */
    private void delete(String part) throws IOException {
        try (var walk = Files.walk(root.resolve(part))) {
            for (var path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Test
    void allRecordsAreMadeAnewWithTheirNames() throws IOException {
        var store = ImageStore.open(root, _ -> 100);
        store.add(pulled(one, "nginx:1"), 100);
        store.add(pulled(one, "quay.io/nginx:2"), 100);
        store.add(pulled(two, "nginx@" + two.top().digest()), 100);
        var before = Set.copyOf(store.list());
        delete("records");

        assertEquals(before, Set.copyOf(ImageStore.open(root, _ -> 100).list()));
        assertEquals(before, Set.copyOf(ImageStore.open(root).list()), "they are on disk again");
    }

    @Test
    void withoutTheIndexTooImagesComeBackWithoutNames() throws IOException {
        var store = ImageStore.open(root);
        store.add(pulled(one, "nginx:1"), 0);
        delete("records");
        delete("index.json");

        var image = ImageStore.open(root).list().getFirst();

        assertEquals(one.configDigest(), image.id());
        assertEquals(List.of(), image.repoTags());
    }

    @Test
    void aDamagedIndexIsWrittenAnewFromTheRecords() throws IOException {
        ImageStore.open(root).add(pulled(one, "nginx:1"), 0);
        for (var damaged : List.of("", "{}", "{\"manifests\":[null]}", "noise")) {
            Files.writeString(root.resolve("index.json"), damaged);

            ImageStore.open(root);

            assertTrue(Files.readString(root.resolve("index.json")).contains("docker.io/library/nginx:1"), damaged);
        }
    }

    @Test
    void whatWasRemovedDoesNotComeBack() throws IOException {
        var store = ImageStore.open(root);
        store.add(pulled(one, "nginx:1"), 0);
        var manifest = root.resolve("blobs/sha256/" + one.top().digest().hex());
        var content = Files.readAllBytes(manifest);
        var config =
                Files.readAllBytes(manifest.resolveSibling(one.configDigest().hex()));
        store.remove(one.configDigest());
        // as if the machine had stopped before the documents went
        Files.write(manifest, content);
        Files.write(manifest.resolveSibling(one.configDigest().hex()), config);

        assertEquals(List.of(), ImageStore.open(root).list());
        assertEquals(List.of(), files());
    }

    @Test
    void lostRecordIsNoticedAndWrittenAgain() throws IOException {
        var store = ImageStore.open(root);
        store.add(pulled(one, "nginx:1"), 0);
        assertNull(store.recordProblem(one.configDigest()));
        for (var damaged : List.of("", "{}")) {
            Files.writeString(record(one), damaged);
            assertNotNull(store.recordProblem(one.configDigest()));

            store.restoreRecord(one.configDigest());

            assertNull(store.recordProblem(one.configDigest()));
        }
        assertEquals(1, ImageStore.open(root).list().size());
    }

    @Test
    void anImageWithoutItsConfigurationKeepsItsNamesAndLayers() throws IOException {
        var added = ImageStore.open(root).add(pulled(one, "nginx:1"), 0);
        var blob = root.resolve("blobs/sha256/" + one.configDigest().hex());
        Files.write(blob, new byte[10]);

        var reopened = ImageStore.open(root);

        assertEquals(List.of(), reopened.list());
        var incomplete = reopened.incomplete().getFirst();
        assertEquals(one.configDigest(), incomplete.id());
        assertEquals(added.diffIds(), incomplete.diffIds());
        assertEquals(List.of("docker.io/library/nginx@" + one.top().digest()), incomplete.origins());
        reopened.restore(List.of(
                new ResolvedImage.Document(one.configDigest(), one.blobs().get(one.configDigest()))));
        assertEquals(List.of(added), reopened.list());
        assertEquals(List.of(added), ImageStore.open(root).list());
    }

    @Test
    void anImageWithoutItsConfigurationIsPulledAgainOrForgotten() throws IOException {
        ImageStore.open(root).add(pulled(one, "nginx:1"), 0);
        var blob = root.resolve("blobs/sha256/" + one.configDigest().hex());
        Files.write(blob, new byte[10]);

        var reopened = ImageStore.open(root);
        reopened.add(pulled(one, "nginx:1"), 0);
        assertEquals(1, ImageStore.open(root).list().size());
        assertEquals(List.of(), reopened.incomplete());

        Files.write(blob, new byte[10]);
        var again = ImageStore.open(root);
        again.forgetIncomplete(_ -> true);
        assertEquals(List.of(), again.incomplete());
        assertEquals(List.of(), files());
    }
}
