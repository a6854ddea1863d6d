package io.carafe.image.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Endpoint;
import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.PushRegistry;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Uploads to registries that cut, forget, refuse and lie, and to Debian's. */
@Timeout(60)
class PushTest {

    private static final Patience QUICK = new Patience(
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            4,
            Duration.ofMillis(5),
            Duration.ofMillis(20),
            Duration.ofSeconds(5));

    @TempDir
    Path directory;

    private PushRegistry registry;
    private final RegistryClient client = new RegistryClient(List.of(), Proxies.NONE, QUICK);
    private final byte[] content = bytes(10_000_000);
    private final Digest digest = Digest.sha256(content);

    @BeforeEach
    void start() throws IOException {
        registry = new PushRegistry();
    }

    @AfterEach
    void stop() {
        client.close();
        registry.close();
    }

    private static byte[] bytes(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private Repository repository(String host, String name, RegistryAuth auth) {
        return client.repository(new Endpoint(Reference.parse(host + "/" + name), true, false, "test"), auth);
    }

    private Repository repository() {
        return repository(registry.host(), "app:1", RegistryAuth.ANONYMOUS);
    }

    private void upload() {
        upload(content);
    }

    private void upload(byte[] blob) {
        new BlobUpload(repository(), Deadline.none())
                .upload("blob", () -> new ByteArrayInputStream(blob), () -> Digest.sha256(blob), _ -> {});
    }

    private void assertUploaded() {
        assertArrayEquals(content, registry.blob("app", digest));
        assertEquals(0, registry.openUploads());
    }

    private long count(String method) {
        return registry.requests().stream()
                .filter(request -> request.startsWith(method))
                .count();
    }

    @Test
    void largeBlobGoesInChunksAndSmallOneInOneRequest() {
        upload();
        assertUploaded();
        assertEquals(3, count("PATCH"));

        var small = bytes(1000);
        upload(small);
        assertArrayEquals(small, registry.blob("app", Digest.sha256(small)));
        assertEquals(3, count("PATCH"));
        upload(new byte[0]);
        assertArrayEquals(new byte[0], registry.blob("app", Digest.sha256(new byte[0])));
    }

    @Test
    void blobOfExactlyOneChunkIsWhole() {
        var blob = bytes(4 << 20);
        upload(blob);
        assertArrayEquals(blob, registry.blob("app", Digest.sha256(blob)));
    }

    @Test
    void cutUploadGoesOnWhereTheRegistryHasCome() {
        var cuts = new AtomicInteger();
        registry.trick(exchange -> {
            if (exchange.getRequestMethod().equals("PATCH") && cuts.getAndIncrement() % 2 == 0) {
                registry.takeAndHangUp(exchange, 1_000_000);
            }
            return false;
        });

        upload();

        assertUploaded();
        // of 10 MB, what follows a cut begins behind the million that came before it
        assertTrue(
                registry.requests().stream().anyMatch(line -> line.endsWith(" 1000000-4194303")),
                registry.requests().toString());
    }

    @Test
    void lostSessionIsBegunAnew() {
        var losses = new AtomicInteger();
        registry.trick(exchange -> {
            if (exchange.getRequestMethod().equals("PATCH") && losses.getAndIncrement() == 1) {
                registry.loseUploads();
            }
            return false;
        });

        upload();

        assertUploaded();
        assertEquals(2, count("POST"));
    }

    @Test
    void registryThatTakesNoSecondChunkGetsAllInOne() {
        registry.trick(exchange -> {
            var range = exchange.getRequestHeaders().getFirst("Content-Range");
            if (range != null && !range.startsWith("0-")) {
                PushRegistry.status(exchange, 405);
                return true;
            }
            return false;
        });

        upload();

        assertUploaded();
    }

    @Test
    void chunksAreAsLongAsTheRegistryWants() {
        registry.shortestChunk(6 << 20);
        upload();
        assertUploaded();
        assertTrue(registry.requests().stream().anyMatch(line -> line.endsWith(" 0-6291455")));
    }

    @Test
    void unreasonableChunkIsRefused() {
        registry.shortestChunk(900_000_000);
        assertThrows(CarafeException.FailedPrecondition.class, this::upload);
        assertEquals(0, count("PATCH"));
    }

    @Test
    void answerThatIsLostAfterTheLastRequestIsNoFailure() {
        registry.trick(exchange -> {
            if (exchange.getRequestMethod().equals("PUT")) {
                registry.finishAndHangUp(exchange);
            }
            return false;
        });

        upload();

        assertUploaded();
    }

    @Test
    void waitIsAsLongAsTheRegistryAsks() {
        var refusals = new AtomicInteger();
        registry.trick(exchange -> {
            if (exchange.getRequestMethod().equals("POST") && refusals.getAndIncrement() == 0) {
                exchange.getResponseHeaders().set("Retry-After", "1");
                PushRegistry.status(exchange, 429);
                return true;
            }
            return false;
        });
        long start = System.nanoTime();

        upload();

        assertTrue(System.nanoTime() - start >= 1_000_000_000);
        assertUploaded();
    }

    @Test
    void failedUploadIsCancelledAtTheRegistry() {
        registry.trick(exchange -> {
            if (exchange.getRequestMethod().equals("PATCH")) {
                PushRegistry.status(exchange, 403);
                return true;
            }
            return false;
        });

        assertThrows(CarafeException.PermissionDenied.class, this::upload);

        assertEquals(0, registry.openUploads());
    }

    @Test
    void registryThatNeverAnswersEndsTheUpload() {
        registry.trick(exchange -> {
            if (exchange.getRequestMethod().equals("PATCH")) {
                throw new IOException("cut");
            }
            return false;
        });

        var e = assertThrows(CarafeException.Unavailable.class, this::upload);

        assertTrue(e.getMessage().contains("gave up after 4 attempts"), e.getMessage());
    }

    @Test
    void placeOfTheUploadMustBeAUrl() {
        registry.trick(exchange -> {
            if (exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().set("Location", "file:///etc/passwd");
                PushRegistry.status(exchange, 202);
                return true;
            }
            return false;
        });

        assertThrows(CarafeException.FailedPrecondition.class, this::upload);
    }

    @Test
    void mountedBlobIsNotSent() throws IOException {
        upload();
        var beside = repository(registry.host(), "other:1", RegistryAuth.ANONYMOUS);
        registry.requests().clear();

        assertTrue(new BlobUpload(beside, Deadline.none()).mount(digest, Reference.parse(registry.host() + "/app:1")));

        assertArrayEquals(content, registry.blob("other", digest));
        assertEquals(1, registry.requests().size());
        assertEquals(0, registry.openUploads());
    }

    @Test
    void mountThatIsNotDoneLeavesNoUpload() {
        var beside = repository(registry.host(), "other:1", RegistryAuth.ANONYMOUS);

        var mounted =
                new BlobUpload(beside, Deadline.none()).mount(digest, Reference.parse(registry.host() + "/app:1"));

        assertTrue(!mounted);
        assertEquals(0, registry.openUploads());
    }

    @Test
    void referrersAreListedByATagWhereTheRegistryDoesNotKnowThem() {
        var subject = manifest("");
        var first = manifest(",\"artifactType\":\"application/x-sbom\",\"subject\":" + describe(subject));
        var second = manifest(",\"artifactType\":\"application/x-sig\",\"subject\":" + describe(subject)
                + ",\"annotations\":{\"a\":\"b\"}");
        var endpoint = new ManifestEndpoint(repository());

        endpoint.put("1", subject, Deadline.none());
        endpoint.put(first.digest().toString(), first, Deadline.none());
        endpoint.put(second.digest().toString(), second, Deadline.none());
        endpoint.put(second.digest().toString(), second, Deadline.none());

        var all = new ReferrersEndpoint(repository()).list(subject.digest(), null, Deadline.none());
        assertEquals(
                List.of(first.digest(), second.digest()),
                all.stream().map(Descriptor::digest).toList());
        assertEquals("b", all.get(1).annotations().get("a"));
        var signatures =
                new ReferrersEndpoint(repository()).list(subject.digest(), "application/x-sig", Deadline.none());
        assertEquals(
                List.of(second.digest()),
                signatures.stream().map(Descriptor::digest).toList());
    }

    @Test
    void registryThatListsReferrersIsLeftToDoSo() {
        registry.listReferrers();
        var subject = manifest("");
        var referrer = manifest(",\"subject\":" + describe(subject));

        new ManifestEndpoint(repository()).put(referrer.digest().toString(), referrer, Deadline.none());

        assertEquals(1, count("PUT"));
    }

    private static ManifestEndpoint.Fetched manifest(String more) {
        var text = "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":"
                + "{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\"" + Digest.sha256(new byte[0])
                + "\",\"size\":0},\"layers\":[]" + more + "}";
        return ManifestEndpoint.verified("x", text.getBytes(StandardCharsets.UTF_8), null, "test");
    }

    private static String describe(ManifestEndpoint.Fetched document) {
        return "{\"mediaType\":\"" + document.mediaType() + "\",\"digest\":\"" + document.digest() + "\",\"size\":"
                + document.content().length + "}";
    }

    @Test
    void realRegistryTakesChunksWithAPassword() throws IOException {
        try (var real = new DockerRegistry(directory, true, null, false)) {
            var auth = new RegistryAuth.Basic(DockerRegistry.USER, DockerRegistry.PASSWORD);
            var upload = new BlobUpload(repository(real.host(), "app:1", auth), Deadline.none());

            upload.upload("blob", () -> new ByteArrayInputStream(content), () -> digest, _ -> {});

            assertTrue(upload.has(new Descriptor("", digest, content.length)));
            var beside = new BlobUpload(repository(real.host(), "b:1", auth), Deadline.none());
            assertTrue(beside.mount(digest, Reference.parse(real.host() + "/app:1")));
            assertThrows(
                    CarafeException.PermissionDenied.class,
                    () -> new BlobUpload(repository(real.host(), "c:1", RegistryAuth.ANONYMOUS), Deadline.none())
                            .has(new Descriptor("", digest, content.length)));
        }
    }
}
