package io.carafe.image.pull;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.config.RegistriesConf.Mirror;
import io.carafe.image.config.RegistriesConf.PullFrom;
import io.carafe.image.config.RegistriesConf.Registry;
import io.carafe.image.config.RegistriesConf.ShortNames;
import io.carafe.image.registry.Patience;
import io.carafe.image.registry.Proxies;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.testing.DirectoryTarget;
import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Registries that lie, fail, stall and cut the line: each gives a clear error or a whole image, and nothing else. */
@Timeout(60)
class NastyRegistryTest {

    private static final Platform AMD64 = new Platform("linux", "amd64", null);
    private static final Patience IMPATIENT = new Patience(
            Duration.ofSeconds(2),
            Duration.ofMillis(200),
            Duration.ofMillis(1000),
            3,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(2));
    private static final PullLimits LIMITS = new PullLimits(2 << 20, 1 << 20, 20, 64 << 20, 1100, 3);

    @TempDir
    Path directory;

    private NastyRegistry registry;
    private DirectoryTarget target;
    private RegistryClient client;

    private final TestImages.Layer layer = TestImages.layer(TestImages.tar("a", 400_000, 1), Packing.GZIP);
    private final TestImages.Made image = TestImages.image(layer);

    @BeforeEach
    void start() throws IOException {
        registry = new NastyRegistry();
        registry.serve("app", "1", image);
        target = new DirectoryTarget(directory.resolve("layers"));
        client = new RegistryClient(List.of(directory.resolve("certs.d")), Proxies.NONE, IMPATIENT);
    }

    @AfterEach
    void stop() {
        client.close();
        registry.close();
    }

    private Puller puller(Registry... tables) {
        var conf = new RegistriesConf(
                List.of(), ShortNames.PERMISSIVE, Map.of(), List.of(tables), List.of(RegistriesConf.AUTH_FILES));
        return new Puller(
                client,
                new PullSources(conf, Policy.ACCEPT_ANYTHING, new CredentialStore(List.of(), List.of())),
                LIMITS);
    }

    private Registry insecure(Mirror... mirrors) {
        return new Registry(registry.host(), registry.host(), true, false, List.of(mirrors));
    }

    private ResolvedImage pull(Deadline deadline) {
        return pull(puller(insecure()), registry.host() + "/app:1", RegistryAuth.ANONYMOUS, deadline);
    }

    private ResolvedImage pull() {
        return pull(Deadline.after(Duration.ofSeconds(30)));
    }

    private ResolvedImage pull(Puller puller, String name, RegistryAuth auth, Deadline deadline) {
        var resolved = puller.resolve(name, auth, AMD64, deadline);
        puller.fetchLayers(resolved, target, PullProgress.NONE, deadline);
        return resolved;
    }

    private <E extends CarafeException> void refuses(Class<E> kind, String words) throws IOException {
        var e = assertThrows(CarafeException.class, this::pull);
        assertInstanceOf(kind, e);
        assertTrue(e.getMessage().contains(words), e.getMessage());
        assertEquals(List.of(), target.names(), "nothing is left behind");
        assertNoThreadsLeft();
    }

    private static void assertNoThreadsLeft() {
        var left = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("layer-")
                        || thread.getName().startsWith("pull of"))
                .toList();
        assertEquals(List.of(), left);
    }

    private void onBlob(NastyRegistry.Trick trick) {
        registry.trick(exchange -> exchange.getRequestURI()
                        .getPath()
                        .contains(layer.descriptor().digest().hex())
                && trick.answer(exchange));
    }

    private void onManifest(NastyRegistry.Trick trick) {
        registry.trick(
                exchange -> exchange.getRequestURI().getPath().contains("/manifests/") && trick.answer(exchange));
    }

    private void assertWhole() throws IOException {
        assertArrayEquals(layer.archive(), target.archive(layer.diffId()));
        assertEquals(1, target.names().size());
        assertNoThreadsLeft();
    }

    @Test
    void wrongContentTypeIsTolerated() throws IOException {
        var resolved = pull();

        assertWhole();
        assertEquals(image.top().digest(), resolved.digest());
        assertEquals(List.of("A=b"), resolved.config().execution().env());
    }

    @Test
    void layerOfAnotherDigestIsRefused() throws IOException {
        onBlob(exchange -> {
            var other = TestImages.gzip(new byte[100]);
            NastyRegistry.send(exchange, 200, Arrays.copyOf(other, layer.blob().length));
            return true;
        });

        refuses(CarafeException.InvalidArgument.class, "what the registry sent has the digest");
    }

    @Test
    void layerWithAFlippedBitIsRefused() throws IOException {
        var broken = layer.blob().clone();
        broken[broken.length / 2] ^= 4;
        onBlob(exchange -> {
            NastyRegistry.send(exchange, 200, broken);
            return true;
        });

        refuses(CarafeException.InvalidArgument.class, "what the registry sent has the digest");
    }

    @Test
    void layerOfAnotherSizeIsRefusedBeforeItIsRead() throws IOException {
        onBlob(exchange -> {
            NastyRegistry.send(exchange, 200, new byte[layer.blob().length + 1]);
            return true;
        });

        refuses(CarafeException.InvalidArgument.class, "but the manifest says " + layer.blob().length);
    }

    @Test
    void endlessLayerIsCutAtItsDeclaredSize() throws IOException {
        onBlob(exchange -> {
            NastyRegistry.stream(exchange, endless());
            return true;
        });

        refuses(CarafeException.InvalidArgument.class, "what the registry sent has the digest");
    }

    @Test
    void endlessManifestIsCut() throws IOException {
        onManifest(exchange -> {
            NastyRegistry.stream(exchange, endless());
            return true;
        });

        refuses(CarafeException.InvalidArgument.class, "it is longer than 2097152 bytes");
    }

    private static InputStream endless() {
        return new InputStream() {
            @Override
            public int read() {
                return ' ';
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                Arrays.fill(bytes, offset, offset + length, (byte) ' ');
                return length;
            }
        };
    }

    @Test
    void manifestOfAnotherDigestIsRefused() throws IOException {
        onManifest(exchange -> {
            NastyRegistry.send(exchange, 200, image.blobs().get(image.top().digest()));
            return true;
        });
        var name = registry.host() + "/app@sha256:" + "0".repeat(64);

        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> pull(puller(insecure()), name, RegistryAuth.ANONYMOUS, Deadline.none()));
        assertTrue(e.getMessage().contains("what the registry sent has the digest"), e.getMessage());
    }

    @Test
    void manifestThatIsNoJsonIsRefused() throws IOException {
        onManifest(exchange -> {
            NastyRegistry.send(exchange, 200, "<html>login</html>".getBytes(StandardCharsets.UTF_8));
            return true;
        });

        refuses(CarafeException.InvalidArgument.class, "manifest of " + registry.host() + "/app:1");
    }

    @Test
    void schema1IsRefusedWithARemedy() throws IOException {
        onManifest(exchange -> {
            NastyRegistry.send(
                    exchange,
                    200,
                    "{\"schemaVersion\":1,\"name\":\"app\",\"fsLayers\":[]}".getBytes(StandardCharsets.UTF_8));
            return true;
        });

        refuses(CarafeException.FailedPrecondition.class, "schema 1, which is not supported: push the image again");
    }

    @Test
    void failingRegistryIsTriedSeveralTimes() throws IOException {
        onManifest(exchange -> {
            NastyRegistry.send(exchange, 500, new byte[0]);
            return true;
        });

        refuses(CarafeException.Unavailable.class, "answers 500; gave up after 3 attempts");
        assertEquals(3, registry.requests().size());
    }

    @Test
    void passingFailuresAreSurvived() throws IOException {
        var failures = new AtomicInteger();
        registry.trick(exchange -> {
            if (failures.incrementAndGet() % 2 == 1) {
                NastyRegistry.send(exchange, 503, new byte[0]);
                return true;
            }
            return false;
        });

        pull();
        assertWhole();
    }

    @Test
    void retryAfterIsHonoured() throws IOException {
        var first = new AtomicInteger();
        onManifest(exchange -> {
            if (first.getAndIncrement() > 0) {
                return false;
            }
            exchange.getResponseHeaders().set("Retry-After", "1");
            NastyRegistry.send(exchange, 429, new byte[0]);
            return true;
        });
        long start = System.nanoTime();

        pull();
        assertWhole();
        assertTrue(System.nanoTime() - start >= Duration.ofSeconds(1).toNanos());
    }

    @Test
    void tooLongRetryAfterIsAnErrorAtOnce() throws IOException {
        onManifest(exchange -> {
            exchange.getResponseHeaders().set("Retry-After", "3600");
            NastyRegistry.send(
                    exchange,
                    429,
                    "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"pull rate limit\"}]}"
                            .getBytes(StandardCharsets.UTF_8));
            return true;
        });

        refuses(
                CarafeException.Unavailable.class,
                "answers 429: TOOMANYREQUESTS pull rate limit, and asks to wait 3600 s");
    }

    @Test
    void redirectToAnotherSchemeIsRefused() throws IOException {
        onBlob(exchange -> {
            exchange.getResponseHeaders().set("Location", "file:///etc/passwd");
            NastyRegistry.send(exchange, 307, new byte[0]);
            return true;
        });

        refuses(CarafeException.FailedPrecondition.class, "redirects to the unsupported scheme 'file'");
    }

    @Test
    void redirectsWithoutEndAreRefused() throws IOException {
        onBlob(exchange -> {
            exchange.getResponseHeaders()
                    .set("Location", exchange.getRequestURI().toString());
            NastyRegistry.send(exchange, 302, new byte[0]);
            return true;
        });

        refuses(CarafeException.FailedPrecondition.class, "more than 8 redirects");
    }

    @Test
    void credentialsDoNotFollowARedirectToAnotherHost() throws IOException {
        try (var storage = new NastyRegistry()) {
            var leaked = new AtomicInteger();
            storage.trick(exchange -> {
                if (exchange.getRequestHeaders().containsKey("Authorization")) {
                    leaked.incrementAndGet();
                }
                NastyRegistry.send(exchange, 200, layer.blob());
                return true;
            });
            var authorised = new AtomicInteger();
            registry.trick(exchange -> {
                if (!exchange.getRequestHeaders().containsKey("Authorization")) {
                    exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"r\"");
                    NastyRegistry.send(exchange, 401, new byte[0]);
                    return true;
                }
                authorised.incrementAndGet();
                if (!exchange.getRequestURI()
                        .getPath()
                        .contains(layer.descriptor().digest().hex())) {
                    return false;
                }
                exchange.getResponseHeaders().set("Location", "http://" + storage.host() + "/signed?x=y");
                NastyRegistry.send(exchange, 307, new byte[0]);
                return true;
            });

            pull(puller(insecure()), registry.host() + "/app:1", new RegistryAuth.Basic("u", "p"), Deadline.none());

            assertWhole();
            assertEquals(3, authorised.get());
            assertEquals(0, leaked.get());
            assertEquals(1, storage.requests().size());
        }
    }

    @Test
    void brokenDownloadGoesOnWhereItStopped() throws IOException {
        onBlob(exchange -> {
            registry.sendBlob(exchange, layer.blob(), 50_000, true);
            return true;
        });

        pull();

        assertWhole();
        var size = layer.blob().length;
        assertTrue(registry.requestsFor(layer.descriptor().digest()) >= size / 50_000);
        assertTrue(
                registry.requests().getLast().contains("bytes="),
                registry.requests().toString());
        assertTrue(registry.blobBytes() < size * 3L / 2, registry.blobBytes() + " of " + size);
    }

    @Test
    void brokenDownloadStartsOverWhereRangesAreNotServed() throws IOException {
        var cuts = new AtomicInteger();
        onBlob(exchange -> {
            registry.sendBlob(exchange, layer.blob(), cuts.getAndIncrement() < 2 ? 90_000 : Long.MAX_VALUE, false);
            return true;
        });

        pull();

        assertWhole();
    }

    @Test
    void downloadThatEndsEarlyWithoutSayingSoGoesOn() throws IOException {
        var first = new AtomicInteger();
        onBlob(exchange -> {
            if (first.getAndIncrement() > 0) {
                return false;
            }
            NastyRegistry.stream(exchange, new java.io.ByteArrayInputStream(layer.blob(), 0, 1000));
            return true;
        });

        pull();

        assertWhole();
    }

    @Test
    void stalledDownloadGoesOnOnANewConnection() throws IOException {
        var release = new CountDownLatch(1);
        var first = new AtomicInteger();
        onBlob(exchange -> {
            if (first.getAndIncrement() > 0) {
                return false;
            }
            exchange.sendResponseHeaders(200, layer.blob().length);
            exchange.getResponseBody().write(layer.blob(), 0, 20_000);
            exchange.getResponseBody().flush();
            await(release);
            return true;
        });

        pull();
        release.countDown();

        assertWhole();
    }

    @Test
    void registryThatNeverAnswersIsGivenUp() throws IOException {
        var release = new CountDownLatch(1);
        onManifest(exchange -> {
            await(release);
            return true;
        });

        refuses(CarafeException.Unavailable.class, "gave up after 3 attempts");
        release.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void deadlineEndsAPullQuicklyWhereverItIs() throws IOException {
        var release = new CountDownLatch(1);
        registry.trick(exchange -> {
            if (exchange.getRequestURI()
                    .getPath()
                    .contains(layer.descriptor().digest().hex())) {
                exchange.sendResponseHeaders(200, layer.blob().length);
                exchange.getResponseBody().write(layer.blob(), 0, 100);
                exchange.getResponseBody().flush();
                await(release);
            }
            return false;
        });
        for (long millis : new long[] {0, 1, 5, 50, 200}) {
            long start = System.nanoTime();
            assertThrows(CarafeException.DeadlineExceeded.class, () -> pull(Deadline.after(Duration.ofMillis(millis))));
            assertTrue(
                    System.nanoTime() - start < Duration.ofMillis(millis + 2000).toNanos(), "deadline of " + millis);
            assertEquals(List.of(), target.names());
            assertNoThreadsLeft();
        }
        release.countDown();
    }

    @Test
    void interruptionEndsAPull() throws Exception {
        var inBlob = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        onBlob(exchange -> {
            exchange.sendResponseHeaders(200, layer.blob().length);
            inBlob.countDown();
            await(release);
            return true;
        });
        var failure = new java.util.concurrent.CompletableFuture<CarafeException>();
        var thread = Thread.ofVirtual()
                .start(() -> failure.complete(assertThrows(CarafeException.class, () -> pull(Deadline.none()))));
        await(inBlob);

        thread.interrupt();

        assertInstanceOf(CarafeException.Cancelled.class, failure.get(5, java.util.concurrent.TimeUnit.SECONDS));
        assertEquals(List.of(), target.names());
        assertNoThreadsLeft();
        release.countDown();
    }

    @Test
    void bombIsRefused() throws IOException {
        var bomb = TestImages.layer(new byte[LIMITS.unpackedBytes() > Integer.MAX_VALUE ? 0 : 80 << 20], Packing.ZSTD);
        registry.serve("app", "1", TestImages.image(bomb));

        refuses(CarafeException.InvalidArgument.class, "the image unpacks to more than 67108864 bytes");
    }

    @Test
    void mismatchOfLayersAndDiffIdsIsRefused() throws IOException {
        var two = TestImages.image(layer, TestImages.layer(TestImages.tar("b", 10, 2), Packing.PLAIN));
        var manifest = new String(image.blobs().get(image.top().digest()), StandardCharsets.UTF_8);
        var other = two.blobs().get(two.configDigest());
        var lying = manifest.replace(
                        image.configDigest().hex(), two.configDigest().hex())
                .replaceFirst("(config\\.v1\\+json\"[^}]*\"size\":)\\d+", "$1" + other.length)
                .getBytes(StandardCharsets.UTF_8);
        registry.serve("app", "2", two);
        onManifest(exchange -> {
            NastyRegistry.send(exchange, 200, lying);
            return true;
        });

        refuses(CarafeException.InvalidArgument.class, "its manifest has 1 layers, but its configuration 2");
    }

    @Test
    void layerUnderTheWrongDiffIdIsRefused() throws IOException {
        var honest = TestImages.layer(TestImages.tar("c", 1000, 3), Packing.GZIP);
        var lying =
                new TestImages.Layer(honest.descriptor(), Digest.sha256(new byte[1]), honest.blob(), honest.archive());
        registry.serve("app", "1", TestImages.image(lying));

        refuses(CarafeException.InvalidArgument.class, "the archive is another");
    }

    @Test
    void missingImageIsNotFound() throws IOException {
        var e = assertThrows(
                CarafeException.NotFound.class,
                () -> pull(puller(insecure()), registry.host() + "/none:1", RegistryAuth.ANONYMOUS, Deadline.none()));
        assertTrue(e.getMessage().contains("MANIFEST_UNKNOWN manifest unknown"), e.getMessage());
    }

    @Test
    void closedPortIsUnavailable() throws IOException {
        registry.close();

        refuses(CarafeException.Unavailable.class, "neither HTTPS");
    }

    @Test
    void mirrorThatFailsIsPassedOverAndNamed() throws IOException {
        try (var mirror = new NastyRegistry()) {
            mirror.trick(exchange -> {
                NastyRegistry.send(exchange, 403, new byte[0]);
                return true;
            });
            var puller = puller(insecure(new Mirror(mirror.host(), true, PullFrom.ALL)));

            pull(puller, registry.host() + "/app:1", RegistryAuth.ANONYMOUS, Deadline.none());

            assertWhole();
            assertEquals(1, mirror.requests().size());
            var e = assertThrows(
                    CarafeException.NotFound.class,
                    () -> pull(puller, registry.host() + "/app:2", RegistryAuth.ANONYMOUS, Deadline.none()));
            assertTrue(e.getMessage().contains("before it, manifest of " + mirror.host() + "/app:2"), e.getMessage());
        }
    }

    @Test
    void mirrorThatLiesOrDiesInALayerIsReplacedInTheMiddle() throws IOException {
        try (var mirror = new NastyRegistry()) {
            mirror.serve("app", "1", image);
            for (boolean lies : new boolean[] {true, false}) {
                target = new DirectoryTarget(directory.resolve("layers" + lies));
                mirror.trick(exchange -> {
                    if (!exchange.getRequestURI()
                            .getPath()
                            .contains(layer.descriptor().digest().hex())) {
                        return false;
                    }
                    if (lies) {
                        NastyRegistry.send(exchange, 200, new byte[layer.blob().length]);
                    } else if (exchange.getRequestHeaders().containsKey("Range")) {
                        NastyRegistry.send(exchange, 500, new byte[0]);
                    } else {
                        mirror.sendBlob(exchange, layer.blob(), 30_000, true);
                    }
                    return true;
                });
                var puller = puller(insecure(new Mirror(mirror.host(), true, PullFrom.ALL)));

                pull(puller, registry.host() + "/app:1", RegistryAuth.ANONYMOUS, Deadline.none());

                assertWhole();
            }
            assertTrue(registry.requests().stream().noneMatch(line -> line.contains("/manifests/")));
            assertTrue(
                    registry.requests().getLast().contains("bytes="), "the registry goes on where the mirror stopped");
        }
    }

    @Test
    void imageOfAnotherPlatformIsRefusedWithWhatThereIs() throws IOException {
        var arm = TestImages.image(new Platform("linux", "arm64", "v8"), layer);
        registry.serve("app", "1", TestImages.index(arm));
        refuses(CarafeException.NotFound.class, "nothing for the platform linux/amd64, only for [linux/arm64/v8]");

        registry.serve("app", "1", arm);
        refuses(CarafeException.FailedPrecondition.class, "it is for the platform linux/arm64/v8, not for linux/amd64");
    }

    @Test
    void indexGivesTheManifestOfThePlatform() throws IOException {
        var other = TestImages.layer(TestImages.tar("arm", 500, 9), Packing.PLAIN);
        registry.serve(
                "app", "1", TestImages.index(TestImages.image(new Platform("linux", "arm64", "v8"), other), image));

        var resolved = pull();

        assertWhole();
        assertEquals(image.top().digest(), resolved.manifestDigest());
        assertFalse(resolved.digest().equals(resolved.manifestDigest()));
        assertEquals(3, resolved.documents().size());
    }

    @Test
    void layerOfTwoPullsAtOnceIsDownloadedOnce() throws Exception {
        var other = TestImages.layer(TestImages.tar("b", 1000, 2), Packing.ZSTD);
        registry.serve("other", "1", TestImages.image(layer, other));
        var both = new CountDownLatch(2);
        onBlob(exchange -> {
            await(both);
            return false;
        });
        var puller = puller(insecure());
        PullProgress progress = event -> {
            if (event.blob().equals(layer.descriptor().digest()) && event.phase() == PullProgress.Phase.WAITING) {
                both.countDown();
            }
        };
        var threads = List.of("app", "other").stream()
                .map(name -> Thread.ofVirtual().start(() -> {
                    var resolved = puller.resolve(
                            registry.host() + "/" + name + ":1", RegistryAuth.ANONYMOUS, AMD64, Deadline.none());
                    puller.fetchLayers(resolved, target, progress, Deadline.none());
                }))
                .toList();
        for (var thread : threads) {
            thread.join();
        }

        assertEquals(2, target.unpacked());
        assertEquals(1, registry.requestsFor(layer.descriptor().digest()));
    }

    @Test
    void layersThatAreHereAreNotDownloaded() throws IOException {
        pull();
        pull();

        assertEquals(1, registry.requestsFor(layer.descriptor().digest()));
        assertEquals(1, target.unpacked());
    }

    @Test
    void progressTellsEachPhase() throws IOException {
        var phases = new java.util.concurrent.CopyOnWriteArrayList<PullProgress.Phase>();
        var puller = puller(insecure());
        var resolved = puller.resolve(registry.host() + "/app:1", RegistryAuth.ANONYMOUS, AMD64, Deadline.none());

        puller.fetchLayers(resolved, target, event -> phases.add(event.phase()), Deadline.none());

        assertEquals(
                List.of(
                        PullProgress.Phase.WAITING,
                        PullProgress.Phase.DOWNLOADING,
                        PullProgress.Phase.UNPACKING,
                        PullProgress.Phase.DONE),
                phases.stream().distinct().toList());
    }
}
