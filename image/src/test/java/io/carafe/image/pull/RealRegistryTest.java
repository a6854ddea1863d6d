package io.carafe.image.pull;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesFile;
import io.carafe.image.registry.Patience;
import io.carafe.image.registry.Proxies;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.testing.CuttingLine;
import io.carafe.image.testing.DirectoryTarget;
import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.image.testing.TestProxy;
import io.carafe.image.testing.TestTls;
import io.carafe.oci.image.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pulls from Debian's docker-registry what skopeo pushed there. */
@Timeout(120)
class RealRegistryTest {

    private static final Platform AMD64 = new Platform("linux", "amd64", null);

    @TempDir
    Path directory;

    private DirectoryTarget target;
    private Proxies proxies = Proxies.NONE;

    private final TestImages.Made image = TestImages.image(
            TestImages.layer(TestImages.tar("plain", 70_000, 1), Packing.PLAIN),
            TestImages.layer(TestImages.tar("gzip", 3_000_000, 2), Packing.GZIP),
            TestImages.layer(TestImages.tar("zstd", 2_000_000, 3), Packing.ZSTD),
            TestImages.layer(TestImages.tar("small", 1, 4), Packing.GZIP));

    @BeforeEach
    void target() throws IOException {
        target = new DirectoryTarget(directory.resolve("layers"));
    }

    private ResolvedImage pull(String registriesConf, String name, RegistryAuth auth) throws IOException {
        var file = directory.resolve("registries.conf");
        Files.writeString(file, registriesConf);
        var sources = new PullSources(
                RegistriesFile.load(file),
                Policy.ACCEPT_ANYTHING,
                new CredentialStore(List.of(directory.resolve("auth.json")), List.of()));
        var client = new RegistryClient(List.of(directory.resolve("certs.d")), proxies, Patience.DEFAULT);
        try (var puller = new Puller(client, sources, PullLimits.DEFAULT)) {
            var resolved = puller.resolve(name, auth, AMD64, Deadline.none());
            puller.fetchLayers(resolved, target, PullProgress.NONE, Deadline.none());
            return resolved;
        }
    }

    private static String insecure(DockerRegistry registry) {
        return "[[registry]]\nlocation = \"" + registry.host() + "\"\ninsecure = true\n";
    }

    /** Said outright: on loopback nothing else would ask for TLS. */
    private static String secure(DockerRegistry registry) {
        return "[[registry]]\nlocation = \"" + registry.host() + "\"\ninsecure = false\n";
    }

    @Test
    void registryOfPlainHttpIsToldFromABrokenOne() throws IOException {
        try (var registry = new DockerRegistry(directory.resolve("registry"))) {
            var e = assertThrows(
                    CarafeException.FailedPrecondition.class,
                    () -> pull(secure(registry), registry.host() + "/app:1", RegistryAuth.ANONYMOUS));

            assertTrue(e.getMessage().contains("plain HTTP"), e.getMessage());
            assertTrue(e.getMessage().contains("insecure = true"), e.getMessage());
        }
    }

    private void assertWhole() throws IOException {
        for (var layer : image.layers()) {
            assertArrayEquals(layer.archive(), target.archive(layer.diffId()));
        }
        assertEquals(image.layers().size(), target.names().size());
    }

    @Test
    void lineThatIsCutOverAndOverCarriesHardlyAnythingTwice() throws IOException {
        var large = TestImages.image(TestImages.layer(TestImages.tar("large", 60_000_000, 5), Packing.PLAIN));
        long size = large.layers().getFirst().blob().length;
        try (var registry = new DockerRegistry(directory.resolve("registry"));
                var line = new CuttingLine(registry.port(), 10_000_000, 200)) {
            registry.push(large, "app:1");

            pull(
                    "[[registry]]\nlocation = \"" + line.host() + "\"\ninsecure = true\n",
                    line.host() + "/app:1",
                    RegistryAuth.ANONYMOUS);

            assertEquals(1, target.names().size());
            assertTrue(line.cuts() >= 5, line.cuts() + " cuts");
            assertTrue(line.carried() < size * 1.05, line.carried() + " bytes for " + size);
        }
    }

    @Test
    void imageOfAllPackingsComesWholeByTagAndByDigest() throws IOException {
        try (var registry = new DockerRegistry(directory.resolve("registry"))) {
            registry.push(image, "team/app:1");

            var byTag = pull(insecure(registry), registry.host() + "/team/app:1", RegistryAuth.ANONYMOUS);
            assertWhole();
            assertEquals(image.top().digest(), byTag.digest());
            assertEquals(image.configDigest(), byTag.id());

            var byDigest =
                    pull(insecure(registry), registry.host() + "/team/app@" + byTag.digest(), RegistryAuth.ANONYMOUS);
            assertEquals(byTag.id(), byDigest.id());
        }
    }

    @Test
    void indexIsFollowedToThePlatformThroughAMirror() throws IOException {
        var arm = TestImages.image(
                new Platform("linux", "arm64", "v8"), TestImages.layer(TestImages.tar("arm", 100, 9), Packing.GZIP));
        try (var registry = new DockerRegistry(directory.resolve("registry"))) {
            registry.push(TestImages.index(arm, image), "hub/library/app:1");
            var mirror = """
                    [[registry]]
                    prefix = "docker.io"
                    blocked = false
                    [[registry.mirror]]
                    location = "%s/hub"
                    insecure = true
                    """.formatted(registry.host());

            var resolved = pull(mirror, "app:1", RegistryAuth.ANONYMOUS);

            assertWhole();
            assertEquals("docker.io/library/app:1", resolved.reference().toString());
        }
    }

    @Test
    void passwordIsTakenFromTheRequestOrFromAuthJson() throws IOException {
        try (var registry = new DockerRegistry(directory.resolve("registry"), true, null, false)) {
            registry.push(image, "app:1");
            var conf = insecure(registry);
            var name = registry.host() + "/app:1";

            var none = assertThrows(
                    CarafeException.PermissionDenied.class, () -> pull(conf, name, RegistryAuth.ANONYMOUS));
            assertTrue(none.getMessage().contains("wants credentials"), none.getMessage());
            var wrong = assertThrows(
                    CarafeException.PermissionDenied.class,
                    () -> pull(conf, name, new RegistryAuth.Basic("barista", "decaf!")));
            assertFalse(wrong.getMessage().contains("decaf!"), wrong.getMessage());
            assertEquals(List.of(), target.names());

            pull(conf, name, new RegistryAuth.Basic(DockerRegistry.USER, DockerRegistry.PASSWORD));
            assertWhole();

            var auth = Base64.getEncoder()
                    .encodeToString(
                            (DockerRegistry.USER + ":" + DockerRegistry.PASSWORD).getBytes(StandardCharsets.UTF_8));
            Files.writeString(
                    directory.resolve("auth.json"),
                    "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(registry.host(), auth));
            assertEquals(
                    image.configDigest(),
                    pull(conf, name, RegistryAuth.ANONYMOUS).id());
        }
    }

    @Test
    void certificateIsCheckedAgainstCertsD() throws IOException {
        var tls = TestTls.make(directory.resolve("tls"));
        try (var registry = new DockerRegistry(directory.resolve("registry"), false, tls, false)) {
            registry.push(image, "app:1");
            var name = registry.host() + "/app:1";

            var e = assertThrows(
                    CarafeException.FailedPrecondition.class,
                    () -> pull(secure(registry), name, RegistryAuth.ANONYMOUS));
            assertTrue(e.getMessage().contains("certs.d/" + registry.host() + "/ca.crt"), e.getMessage());

            assertEquals(
                    image.configDigest(),
                    pull(insecure(registry), name, RegistryAuth.ANONYMOUS).id());

            var trusted = Files.createDirectories(directory.resolve("certs.d").resolve(registry.host()));
            Files.copy(tls.ca(), trusted.resolve("ca.crt"));
            assertEquals(
                    image.configDigest(),
                    pull(secure(registry), name, RegistryAuth.ANONYMOUS).id());
            assertWhole();
        }
    }

    @Test
    void clientCertificateIsPresented() throws IOException {
        var tls = TestTls.make(directory.resolve("tls"));
        try (var registry = new DockerRegistry(directory.resolve("registry"), false, tls, true)) {
            registry.push(image, "app:1");
            var name = registry.host() + "/app:1";
            assertThrows(CarafeException.class, () -> pull(insecure(registry), name, RegistryAuth.ANONYMOUS));

            Files.createDirectories(directory.resolve("certs.d"));
            Files.move(tls.clientDirectory(), directory.resolve("certs.d").resolve(registry.host()));

            pull("", name, RegistryAuth.ANONYMOUS);
            assertWhole();
        }
    }

    @Test
    void registryIsReachedThroughTheProxyThatTheEnvironmentNames() throws IOException {
        var conf = "[[registry]]\nlocation = \"registry.test\"\ninsecure = true\n";
        var tls = TestTls.make(directory.resolve("tls"));
        try (var registry = new DockerRegistry(directory.resolve("registry"), false, tls, false);
                var proxy = new TestProxy(registry.port())) {
            registry.push(image, "app:1");
            proxies = Proxies.of(Map.of("HTTPS_PROXY", proxy.url()));

            pull(conf, "registry.test/app:1", RegistryAuth.ANONYMOUS);

            assertWhole();
            assertEquals("CONNECT registry.test:443 HTTP/1.1", proxy.requests().getFirst());
        }
    }

    @Test
    void registryOfPlainHttpIsReachedThroughAProxy() throws IOException {
        var conf = "[[registry]]\nlocation = \"registry.test\"\ninsecure = true\n";
        try (var registry = new DockerRegistry(directory.resolve("registry"));
                var proxy = new TestProxy(registry.port())) {
            registry.push(image, "app:1");
            proxies = Proxies.of(Map.of("HTTPS_PROXY", proxy.url(), "HTTP_PROXY", proxy.url()));

            pull(conf, "registry.test/app:1", RegistryAuth.ANONYMOUS);

            assertWhole();
            assertTrue(proxy.requests().contains("GET http://registry.test/v2/app/manifests/1 HTTP/1.1"));
        }
    }

    @Test
    void refusalOfAProxyIsNamed() throws IOException {
        try (var registry = new DockerRegistry(directory.resolve("registry"));
                var proxy = new TestProxy(registry.port())) {
            proxies = Proxies.of(Map.of("HTTPS_PROXY", proxy.url().replace("secret", "wrong")));

            var e = assertThrows(CarafeException.class, () -> pull("", "registry.test/app:1", RegistryAuth.ANONYMOUS));

            assertTrue(e.getMessage().contains("proxy"), e.getMessage());
            assertFalse(e.getMessage().contains("wrong"), e.getMessage());
        }
    }
}
