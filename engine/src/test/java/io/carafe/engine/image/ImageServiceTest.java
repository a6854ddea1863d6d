package io.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.image.ImageTransfers.Format;
import io.carafe.image.Image;
import io.carafe.image.pull.PullLimits;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.image.transport.CopyOptions;
import io.carafe.storage.Snapshot;
import io.carafe.storage.Storage;
import io.carafe.storage.UnpackLimits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("root")
@Timeout(120)
class ImageServiceTest extends OpenImages {

    private void assertNothingLeft() throws IOException {
        assertEquals(List.of(), service.list(null));
        assertEquals(0, layers());
        try (var walk = Files.walk(directory.resolve("root/images"))) {
            assertEquals(
                    List.of(directory.resolve("root/images/index.json")),
                    walk.filter(Files::isRegularFile).toList());
        }
    }

    /** The pull is undone on its own thread, after the caller has left. */
    private void awaitNothingLeft() throws IOException, InterruptedException {
        for (int i = 0; i < 100 && (layers() > 0 || pullThreads() > 0); i++) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertNothingLeft();
    }

    private static long pullThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("layer-")
                        || thread.getName().startsWith("pull of"))
                .count();
    }

    @Test
    void pulledImageIsListedFoundAndMounted() throws IOException {
        try (var docker = new DockerRegistry(directory.resolve("registry"))) {
            docker.push(two, "team/app:1");
            service.close();
            service = open(docker.host());
            var image = pull("team/app:1");

            assertEquals(two.configDigest(), image.id());
            assertEquals(List.of(docker.host() + "/team/app:1"), image.repoTags());
            assertTrue(image.size() > 301_000, "size " + image.size());
            for (var name : List.of(
                    "team/app:1",
                    docker.host() + "/team/app:1",
                    docker.host() + "/team/app@" + two.top().digest(),
                    image.id().toString(),
                    image.id().hex(),
                    image.id().hex().substring(0, 12))) {
                assertEquals(image, service.status(name).orElseThrow(), name);
                assertEquals(List.of(image), service.list(name));
            }
            assertTrue(service.fsInfo().usedBytes() >= 300_000);
            try (var lease = service.resolveForContainer("team/app:1")) {
                storage.snapshots().prepare("c1", lease.image().diffIds(), Snapshot.Options.DEFAULT);
            }
            var rootfs = storage.snapshots().mount("c1");
            assertEquals(300_000, Files.size(rootfs.resolve("shared")));
            assertEquals(1000, Files.size(rootfs.resolve("own")));
        }
    }

    @Test
    void aPullIsCountedOnceWithItsBytesAndResumes() {
        var cut = new AtomicBoolean();
        registry.trick(exchange -> {
            if (!exchange.getRequestURI()
                            .getPath()
                            .contains(shared.descriptor().digest().hex())
                    || cut.getAndSet(true)) {
                return false;
            }
            registry.sendBlob(exchange, shared.blob(), 50_000, true);
            return true;
        });

        pull("one:1");
        pull("one:1");
        assertThrows(CarafeException.class, () -> pull("none:1"));

        assertEquals(3, pulls.size());
        assertEquals(shared.blob().length, pulls.get(0).bytes());
        assertEquals(1, pulls.get(0).resumes());
        assertEquals(0, pulls.get(1).bytes(), "it was there already");
        assertTrue(pulls.get(2).error().contains("none"), pulls.get(2).error());
    }

    @Test
    void imagesAreThereAfterReopening() {
        var image = pull("one:1");
        service.close();

        service = open(registry.host());

        assertEquals(List.of(image), service.list(""));
        try (var lease = service.resolveForContainer(image.id().toString())) {
            assertEquals(image, lease.image());
        }
    }

    @Test
    void layersOfAPullThatACrashEndedAreSweptAtTheStart() throws IOException {
        pull("one:1");
        var _ = storage.layers().unpack(own.diffId(), new ByteArrayInputStream(own.archive()), UnpackLimits.DEFAULT);
        service.close();

        service = open(registry.host());

        assertEquals(1, layers());
        assertEquals(1, service.list(null).size());
    }

    @Test
    void removalTakesLayersThatNoOtherImageHas() throws IOException {
        var second = pull("two:1");
        pull("one:1");
        assertEquals(2, layers());

        service.remove("two:1");
        assertEquals(1, layers());
        service.remove("two:1");
        service.remove(second.id().toString());
        service.remove("one:1");

        assertNothingLeft();
    }

    @Test
    void layersOfARunningContainerOutliveItsImage() throws IOException {
        pull("two:1");
        try (var lease = service.resolveForContainer("two:1")) {
            service.remove("two:1");
            assertEquals(2, layers(), "leased");
            storage.snapshots().prepare("c1", lease.image().diffIds(), Snapshot.Options.DEFAULT);
        }
        service.sweep();
        assertEquals(2, layers(), "used by a snapshot");

        storage.snapshots().remove("c1");
        service.sweep();

        assertNothingLeft();
        assertThrows(CarafeException.NotFound.class, () -> service.resolveForContainer("two:1"));
    }

    @Test
    void concurrentPullsOfOneImageAreOne() throws Exception {
        var gate = new CountDownLatch(1);
        registry.trick(exchange -> {
            await(gate);
            return false;
        });
        var images = new ArrayList<CompletableFuture<Image>>();
        for (int i = 0; i < 5; i++) {
            var future = new CompletableFuture<Image>();
            images.add(future);
            Thread.startVirtualThread(() -> future.complete(pull("two:1")));
        }
        TimeUnit.MILLISECONDS.sleep(300);
        gate.countDown();

        for (var future : images) {
            assertEquals(two.configDigest(), future.get(30, TimeUnit.SECONDS).id());
        }
        assertEquals(4, registry.requests().size(), registry.requests().toString());
    }

    @Test
    void concurrentPullsThatShareALayerFetchItOnce() throws Exception {
        var first = new CompletableFuture<Image>();
        var second = new CompletableFuture<Image>();
        Thread.startVirtualThread(() -> first.complete(pull("one:1")));
        Thread.startVirtualThread(() -> second.complete(pull("two:1")));

        assertEquals(one.configDigest(), first.get(30, TimeUnit.SECONDS).id());
        assertEquals(two.configDigest(), second.get(30, TimeUnit.SECONDS).id());
        assertEquals(1, registry.requestsFor(shared.descriptor().digest()));
    }

    @Test
    void shortDeadlineLeavesNothing() throws Exception {
        for (long millis : new long[] {0, 1, 20}) {
            assertThrows(
                    CarafeException.DeadlineExceeded.class,
                    () -> pull("two:1", Deadline.after(Duration.ofMillis(millis))));
        }
        awaitNothingLeft();
    }

    @Test
    void lastWaiterToLeaveCancelsThePull() throws Exception {
        var gate = new CountDownLatch(1);
        var atLayer = new CountDownLatch(1);
        registry.trick(exchange -> {
            if (exchange.getRequestURI()
                    .getPath()
                    .contains(shared.descriptor().digest().hex())) {
                exchange.sendResponseHeaders(200, shared.blob().length);
                exchange.getResponseBody().write(shared.blob(), 0, 1000);
                exchange.getResponseBody().flush();
                atLayer.countDown();
                await(gate);
            }
            return false;
        });
        var patient = new CompletableFuture<CarafeException>();
        var waiter = Thread.startVirtualThread(
                () -> patient.complete(assertThrows(CarafeException.class, () -> pull("two:1"))));
        await(atLayer);

        assertThrows(
                CarafeException.DeadlineExceeded.class, () -> pull("two:1", Deadline.after(Duration.ofMillis(100))));
        assertTrue(pullThreads() > 0, "one still waits");
        waiter.interrupt();

        assertInstanceOf(CarafeException.Cancelled.class, patient.get(10, TimeUnit.SECONDS));
        awaitNothingLeft();
        gate.countDown();
    }

    @Test
    void failedPullLeavesNothingOfItsGoodLayers() throws Exception {
        registry.trick(exchange -> {
            if (!exchange.getRequestURI()
                    .getPath()
                    .contains(own.descriptor().digest().hex())) {
                return false;
            }
            for (int i = 0; i < 100 && layers() == 0; i++) {
                pause();
            }
            NastyRegistry.send(exchange, 404, new byte[0]);
            return true;
        });

        assertThrows(CarafeException.NotFound.class, () -> pull("two:1"));

        assertNothingLeft();
    }

    @Test
    void archiveThatEscapesIsRefused() throws IOException {
        for (var name : List.of("../evil", "/../../evil", "a/../../evil")) {
            registry.serve(
                    "evil", "1", TestImages.image(shared, TestImages.layer(TestImages.tar(name, 10, 3), Packing.GZIP)));

            assertThrows(CarafeException.InvalidArgument.class, () -> pull("evil:1"), name);

            assertNothingLeft();
        }
    }

    @Test
    void limitsHoldForImagesThatArePulledAndThatAreLoaded() throws IOException {
        var saved = new ByteArrayOutputStream();
        pull("two:1");
        service.transfers().save(List.of("two:1"), Format.DOCKER_ARCHIVE, CopyOptions.DEFAULT, saved, Deadline.none());
        service.close();
        var usual = PullLimits.DEFAULT;
        var tooSmall = List.of(
                new PullLimits(50, usual.configBytes(), 500, usual.unpackedBytes(), 1100, 3),
                new PullLimits(usual.manifestBytes(), 50, 500, usual.unpackedBytes(), 1100, 3),
                new PullLimits(usual.manifestBytes(), usual.configBytes(), 1, usual.unpackedBytes(), 1100, 3),
                new PullLimits(usual.manifestBytes(), usual.configBytes(), 500, 200_000, 1100, 3));
        for (var limit : tooSmall) {
            service = openAnew(ImageLimits.of(limit, UnpackLimits.DEFAULT));
            assertThrows(CarafeException.InvalidArgument.class, () -> pull("two:1"), limit::toString);
            var archive = new ByteArrayInputStream(saved.toByteArray());
            assertThrows(
                    CarafeException.InvalidArgument.class,
                    () -> service.transfers().load(archive, AMD64, PullProgress.NONE, Deadline.none()),
                    limit::toString);
            assertNothingLeft();
            service.close();
        }
        service = openAnew(ImageLimits.DEFAULT);
        pull("two:1");
    }

    /** With nothing in it. */
    private ImageService openAnew(ImageLimits changed) {
        limits = changed;
        var opened = open(registry.host());
        opened.list(null).forEach(image -> opened.remove(image.id().toString()));
        return opened;
    }

    @Test
    void tagThatMovesLeavesTheOldImageWithoutIt() {
        var old = pull("one:1");
        registry.serve("one", "1", two);

        var fresh = pull("one:1");

        assertEquals(two.configDigest(), fresh.id());
        assertEquals(
                List.of(), service.status(old.id().toString()).orElseThrow().repoTags());
        assertEquals(fresh, service.status("one:1").orElseThrow());
    }

    @Test
    void badNamesAreInvalidAndUnknownOnesAreNone() {
        assertThrows(CarafeException.InvalidArgument.class, () -> service.status("UPPER case"));
        assertThrows(CarafeException.InvalidArgument.class, () -> pull("a b"));
        assertTrue(service.status("none:1").isEmpty());
        assertTrue(service.status("sha256:" + "0".repeat(64)).isEmpty());
        assertThrows(CarafeException.NotFound.class, () -> service.resolveForContainer("none:1"));
        assertThrows(CarafeException.NotFound.class, () -> pull("none:1"));
        service.remove("none:1");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Finding> check(boolean repair) throws InterruptedException {
        var findings = new ArrayList<Finding>();
        service.check(repair, findings::add, Deadline.none());
        return findings;
    }

    private Path file(TestImages.Layer layer, String name) {
        return storage.layers().find(layer.diffId()).orElseThrow().diff().resolve(name);
    }

    @Test
    void wholeStoreHasNoFindings() throws Exception {
        pull("two:1");

        assertEquals(List.of(), check(false));
    }

    @Test
    void damagedLayerIsFoundAndFetchedAgainAlone() throws Exception {
        var image = pull("two:1");
        Files.writeString(file(shared, "shared"), "short");

        var found = check(false);
        assertEquals(1, found.size(), found.toString());
        assertEquals(shared.diffId().toString(), found.getFirst().content());
        assertEquals(Finding.Outcome.FOUND, found.getFirst().outcome());
        assertEquals(image.repoTags(), found.getFirst().images());

        var repaired = check(true);

        assertEquals(Finding.Outcome.REPAIRED, repaired.getFirst().outcome(), repaired.toString());
        assertEquals(2, registry.requestsFor(shared.descriptor().digest()));
        assertEquals(1, registry.requestsFor(own.descriptor().digest()));
        assertEquals(List.of(), check(false));
    }

    @Test
    void lostLayerAndDamagedManifestAreFetchedAgain() throws Exception {
        var image = pull("two:1");
        storage.layers().remove(own.diffId());
        var manifest =
                directory.resolve("root/images/blobs/sha256/" + image.manifest().hex());
        Files.writeString(manifest, "{}");

        var repaired = check(true);

        assertEquals(
                List.of(Finding.Kind.LAYER, Finding.Kind.DOCUMENT),
                repaired.stream().map(Finding::kind).toList());
        assertEquals(List.of(), check(false));
    }

    @Test
    void whyALayerOfSeveralImagesStaysDamagedIsSaidForEachOfThem() throws Exception {
        pull("one:1");
        pull("two:1");
        Files.delete(file(shared, "shared"));
        registry.trick(exchange -> {
            var path = exchange.getRequestURI().getPath();
            exchange.sendResponseHeaders(path.contains("/one/") ? 404 : 403, -1);
            return true;
        });

        var note = check(true).getFirst().note();

        assertTrue(note.contains("one:1: ") && note.contains("404"), note);
        assertTrue(note.contains("two:1: ") && note.contains("403"), note);
    }

    @Test
    void damageThatNoRegistryCanRepairIsSaidToStay() throws Exception {
        pull("two:1");
        Files.delete(file(own, "own"));
        registry.trick(exchange -> {
            exchange.sendResponseHeaders(404, -1);
            return true;
        });

        var found = check(true);

        assertEquals(Finding.Outcome.FAILED, found.getFirst().outcome());
        assertTrue(found.getFirst().note().contains("404"), found.toString());
        assertTrue(storage.layers().find(own.diffId()).isPresent(), "what there is stays");
    }

    private void reopen() {
        service.close();
        storage.close();
        storage = Storage.open(directory.resolve("root"), Storage.Kind.AUTO);
        service = open(registry.host());
    }

    private void delete(String part) throws IOException {
        DockerRegistry.run(
                List.of("rm", "-rf", directory.resolve("root").resolve(part).toString()));
    }

    @Test
    void allRecordsAreMadeAnewFromTheStoresDirectory() throws Exception {
        pull("one:1");
        pull("two:1");
        var before = service.list("");
        delete("images/records");

        var found = check(false);
        assertEquals(
                2,
                found.stream()
                        .filter(each -> each.kind() == Finding.Kind.RECORD)
                        .count(),
                found.toString());
        reopen();

        assertEquals(before, service.list(""));
        assertEquals(List.of(), check(false));
        assertEquals(2, layers());
        assertEquals(1, registry.requestsFor(shared.descriptor().digest()), "nothing was fetched again");
    }

    @Test
    void lostRecordsAreWrittenAgainFromMemory() throws Exception {
        pull("two:1");
        delete("images/records/" + two.configDigest().toString().replace(':', '-') + ".json");

        var repaired = check(true);

        assertEquals(Finding.Outcome.REPAIRED, repaired.getFirst().outcome(), repaired.toString());
        assertEquals(List.of(), check(false));
    }

    @Test
    void theConfigurationThatADamagedStoreLostIsFetchedAgainAndNothingElse() throws Exception {
        var image = pull("two:1");
        delete("images/blobs/sha256/" + image.id().hex());
        reopen();
        assertEquals(List.of(), service.list(""));
        assertEquals(2, layers(), "they are kept for it");

        var repaired = check(true);

        assertEquals(1, repaired.size(), repaired.toString());
        assertEquals(Finding.Outcome.REPAIRED, repaired.getFirst().outcome(), repaired.toString());
        assertEquals(List.of(image), service.list(""));
        assertEquals(1, registry.requestsFor(shared.descriptor().digest()));
        assertEquals(List.of(), check(false));
    }

    @Test
    void anImageThatCannotBeRepairedIsPruned() throws Exception {
        var image = pull("two:1");
        delete("images/blobs/sha256/" + image.id().hex());
        reopen();
        registry.trick(exchange -> {
            exchange.sendResponseHeaders(404, -1);
            return true;
        });
        assertEquals(Finding.Outcome.FAILED, check(true).getFirst().outcome());

        service.prune();

        assertEquals(List.of(), check(true));
        assertNothingLeft();
    }

    @Test
    void aLayerWhoseDirectoryIsGoneOrHalfWrittenIsFetchedAgainAlone() throws Exception {
        pull("two:1");
        int times = 1;
        for (var part : List.of("", "/layer.json", "/tar-split.zst", "/diff")) {
            delete("layers/sha256/" + own.diffId().hex() + part);
            for (boolean restarted : new boolean[] {false, true}) {
                if (restarted) {
                    delete("layers/sha256/" + own.diffId().hex() + part);
                    reopen();
                }
                var repaired = check(true);

                assertEquals(1, repaired.size(), repaired.toString());
                assertEquals(Finding.Outcome.REPAIRED, repaired.getFirst().outcome(), repaired.toString());
                assertEquals(++times, registry.requestsFor(own.descriptor().digest()), part);
                assertEquals(List.of(), check(false));
            }
        }
        assertEquals(1, registry.requestsFor(shared.descriptor().digest()));
    }

    @Test
    void mountsThatBelongToNoSnapshotAreFoundAndTakenAway() throws Exception {
        pull("two:1");
        storage.snapshots().prepare("c1", List.of(own.diffId()), Snapshot.Options.DEFAULT);
        storage.snapshots().mount("c1");
        var stale = Files.createDirectories(directory.resolve("root/snapshots/lost/merged"));
        DockerRegistry.run(List.of("mount", "-t", "tmpfs", "none", stale.toString()));

        var found = check(false);
        assertEquals(
                List.of(stale.toString()), found.stream().map(Finding::content).toList());
        assertEquals(Finding.Outcome.REPAIRED, check(true).getFirst().outcome());

        assertEquals(List.of(), check(false));
        assertTrue(Files.exists(directory.resolve("root/snapshots/c1/merged/own")), "that of a snapshot stays");
    }
}
