package io.carafe.image.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.PullSources;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.Json;
import io.carafe.oci.image.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reads what skopeo put into a store of containers/storage. */
@Tag("root")
@Timeout(60)
class ContainersStorageTest {

    @TempDir
    Path directory;

    private final TestImages.Made image = TestImages.image(
            TestImages.layer(TestImages.tar("etc/one", 300_000, 5), Packing.GZIP),
            TestImages.layer(TestImages.tar("etc/two", 2_000_000, 6), Packing.ZSTD));
    private final RegistryClient client = new RegistryClient();
    private Path root;
    private String place;

    @BeforeEach
    void fill() throws IOException {
        root = directory.resolve("storage");
        place = "[overlay@" + root + "+" + directory.resolve("run") + "]";
        var layout = Files.createDirectories(directory.resolve("layout"));
        TestImages.writeLayout(image, layout);
        var target = "containers-storage:" + place + "shop.test/app:1";
        DockerRegistry.run(List.of("skopeo", "copy", "--quiet", "--insecure-policy", "oci:" + layout, target));
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        // skopeo leaves its own mount of the directory on itself
        DockerRegistry.run(List.of("sh", "-c", "umount '" + root.resolve("overlay") + "' 2>/dev/null || true"));
    }

    private Fetched copy(String from, String to, CopyOptions options) {
        var sources = new PullSources(
                RegistriesConf.DEFAULT, Policy.ACCEPT_ANYTHING, new CredentialStore(List.of(), List.of()));
        var transports = new Transports(client, () -> sources, directory.resolve("temporary"));
        try (var source = transports.source(Location.parse(from), RegistryAuth.ANONYMOUS, Deadline.none());
                var destination = transports.destination(
                        Location.parse(to), RegistryAuth.ANONYMOUS, options.form(), Deadline.none())) {
            return ImageCopy.run(source, destination, options, PullProgress.NONE, Deadline.none());
        }
    }

    @Test
    void layersComeOutAsTheyWentIn() throws IOException {
        var from = "containers-storage:" + place + "shop.test/app:1";

        copy(from, "docker-archive:" + directory.resolve("a.tar"), CopyOptions.DEFAULT);
        var top = copy(from, "oci:" + directory.resolve("out"), CopyOptions.DEFAULT);

        var manifest = Json.read(top.content(), Manifest.class, "manifest");
        assertEquals(image.configDigest(), manifest.config().digest());
        DockerRegistry.run(List.of("tar", "xf", directory.resolve("a.tar").toString(), "-C", directory.toString()));
        for (var layer : image.layers()) {
            assertArrayEquals(
                    layer.archive(),
                    Files.readAllBytes(directory.resolve(layer.diffId().hex() + ".tar")));
        }
    }

    @Test
    void imageIsFoundByItsIdAndOthersAreNot() {
        var id = image.configDigest().hex().substring(0, 12);
        copy("containers-storage:[" + root + "]" + id, "dir:" + directory.resolve("d"), CopyOptions.DEFAULT);

        assertThrows(
                CarafeException.NotFound.class,
                () -> copy("containers-storage:" + place + "shop.test/other:1", "dir:/tmp/x", CopyOptions.DEFAULT));
        assertThrows(
                CarafeException.NotFound.class,
                () -> copy("containers-storage:[" + directory + "/none]app", "dir:/tmp/x", CopyOptions.DEFAULT));
    }

    @Test
    void changedFileIsNotCopied() throws IOException {
        try (var files = Files.walk(root.resolve("overlay"))) {
            var changed =
                    files.filter(file -> file.endsWith("etc/two")).findFirst().orElseThrow();
            var bytes = Files.readAllBytes(changed);
            bytes[1000] ^= 1;
            Files.write(changed, bytes);
        }

        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> copy(
                        "containers-storage:" + place + "shop.test/app:1",
                        "oci:" + directory.resolve("o"),
                        CopyOptions.DEFAULT));

        assertTrue(e.getMessage().contains("digest"), e.getMessage());
    }

    @Test
    void storeOfOthersIsNotWrittenTo() {
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> copy(
                        "oci:" + directory.resolve("layout"),
                        "containers-storage:" + place + "x:1",
                        CopyOptions.DEFAULT));
    }
}
