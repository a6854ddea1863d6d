package io.carafe.image.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.registry.Patience;
import io.carafe.image.registry.Proxies;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.signature.SignatureCache;
import io.carafe.image.testing.DirectoryTarget;
import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PartialBlobsTest {

    private static final int SENT = 30_000_000;
    private static final Patience IMPATIENT = new Patience(
            Duration.ofSeconds(5),
            Duration.ofMillis(300),
            Duration.ofSeconds(5),
            2,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(2));

    @TempDir
    Path directory;

    private NastyRegistry registry;
    private DirectoryTarget target;
    private final TestImages.Layer layer = TestImages.layer(TestImages.tar("large", 40_000_000, 1), Packing.PLAIN);
    private final TestImages.Made image = TestImages.image(layer);

    @BeforeEach
    void start() throws IOException {
        registry = new NastyRegistry();
        registry.serve("app", "1", image);
        target = new DirectoryTarget(directory.resolve("layers"));
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private Path partials() {
        return directory.resolve("partial");
    }

    private Path partial() {
        return partials().resolve("sha256-" + layer.descriptor().digest().hex());
    }

    /** As a daemon does that has just begun. */
    private void pull() {
        var sources = new PullSources(
                RegistriesConf.DEFAULT, Policy.ACCEPT_ANYTHING, new CredentialStore(List.of(), List.of()));
        var client = new RegistryClient(List.of(), Proxies.NONE, IMPATIENT);
        try (var puller =
                new Puller(client, sources, PullLimits.DEFAULT, PartialBlobs.open(partials()), SignatureCache.NONE)) {
            var resolved = puller.resolve(
                    registry.host() + "/app:1",
                    RegistryAuth.ANONYMOUS,
                    new Platform("linux", "amd64", null),
                    Deadline.none());
            puller.fetchLayers(resolved, target, PullProgress.NONE, Deadline.none());
        }
    }

    /** Of the blob 30 of 40 MB come, and then nothing is answered. */
    private void pullInVain() {
        registry.trick(exchange -> {
            if (!exchange.getRequestURI()
                    .getPath()
                    .contains(layer.descriptor().digest().hex())) {
                return false;
            }
            if (exchange.getRequestHeaders().containsKey("Range")) {
                NastyRegistry.send(exchange, 503, new byte[0]);
            } else {
                registry.sendBlob(exchange, layer.blob(), SENT, true);
            }
            return true;
        });
        assertThrows(CarafeException.Unavailable.class, this::pull);
        registry.trick(exchange -> false);
    }

    @Test
    void nextPullGoesOnWhereTheLastOneWasLeft() throws IOException {
        pullInVain();
        assertTrue(Files.size(partial()) > SENT * 0.9, "kept: " + Files.size(partial()));
        long before = registry.blobBytes();

        pull();

        assertEquals(List.of(layer.diffId().hex()), target.names());
        assertTrue(registry.blobBytes() - before < layer.blob().length - SENT * 0.9);
        assertEquals(0, files());
    }

    private long files() throws IOException {
        try (var list = Files.list(partials())) {
            return list.count();
        }
    }

    @Test
    void damagedOneIsFetchedAnew() throws IOException {
        pullInVain();
        var bytes = Files.readAllBytes(partial());
        bytes[bytes.length / 2] ^= 1;
        Files.write(partial(), bytes);

        pull();

        assertEquals(List.of(layer.diffId().hex()), target.names());
        assertEquals(0, files());
    }

    @Test
    void longerOneThanTheBlobIsFetchedAnew() throws IOException {
        Files.createDirectories(partials());
        Files.write(partial(), new byte[layer.blob().length + 1]);

        pull();

        assertEquals(List.of(layer.diffId().hex()), target.names());
    }

    @Test
    void oldOnesGoWhenTheStoreIsOpenedAndAllWhenItIsPruned() throws IOException {
        pullInVain();
        var old = Files.write(partials().resolve("sha256-" + "0".repeat(64)), new byte[1000]);
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(25))));

        var opened = PartialBlobs.open(partials());

        assertEquals(1, files());
        try (var _ = opened.take(layer.descriptor())) {
            assertEquals(0, opened.prune().files(), "one that is in use stays");
        }
        assertEquals(1, opened.prune().files());
        assertEquals(0, files());
    }

    @Test
    void smallBlobIsNotKeptAndOneIsHadByOneDownload() throws IOException {
        var opened = PartialBlobs.open(partials());
        assertEquals(null, opened.take(new Descriptor("", Digest.sha256(new byte[0]), 1_000_000)));
        try (var first = opened.take(layer.descriptor())) {
            assertTrue(first != null);
            assertEquals(null, opened.take(layer.descriptor()));
        }
    }
}
