package io.carafe.image.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.compress.Compression;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.PullSources;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import io.carafe.oci.image.Platform;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies between all transports; skopeo, umoci and docker-registry read what was written, and write what is read. */
@Timeout(120)
class TransportsTest {

    @TempDir
    Path directory;

    private final RegistryClient client = new RegistryClient();
    private Transports transports;

    private final TestImages.Made amd64 = TestImages.image(
            TestImages.layer(TestImages.tar("plain", 70_000, 1), Packing.PLAIN),
            TestImages.layer(TestImages.tar("gzip", 9_000_000, 2), Packing.GZIP),
            TestImages.layer(TestImages.tar("zstd", 2_000_000, 3), Packing.ZSTD));
    private final TestImages.Made gzipped = TestImages.image(
            TestImages.layer(TestImages.tar("a", 300_000, 5), Packing.GZIP),
            TestImages.layer(TestImages.tar("b", 100_000, 6), Packing.GZIP));
    private final TestImages.Made arm64 = TestImages.image(
            new Platform("linux", "arm64", "v8"), TestImages.layer(TestImages.tar("arm", 50_000, 4), Packing.GZIP));
    private final TestImages.Made index = TestImages.index(amd64, arm64);

    @BeforeEach
    void open() {
        var sources = new PullSources(
                RegistriesConf.DEFAULT,
                Policy.ACCEPT_ANYTHING,
                new CredentialStore(List.of(directory.resolve("auth.json")), List.of()));
        transports = new Transports(client, () -> sources, directory.resolve("temporary"));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        client.close();
        var temporary = directory.resolve("temporary");
        if (Files.exists(temporary)) {
            try (var left = Files.list(temporary)) {
                assertEquals(List.of(), left.toList());
            }
        }
    }

    private Fetched copy(String from, String to, CopyOptions options) {
        try (var source = transports.source(Location.parse(from), RegistryAuth.ANONYMOUS, Deadline.none());
                var destination = transports.destination(
                        Location.parse(to), RegistryAuth.ANONYMOUS, options.form(), Deadline.none())) {
            return ImageCopy.run(source, destination, options, PullProgress.NONE, Deadline.none());
        }
    }

    private static final CopyOptions ALL = CopyOptions.DEFAULT.withAll(true);

    /** To the byte. */
    private static final CopyOptions EXACT = CopyOptions.DEFAULT.withPreserveDigests(true);

    private Path path(String name) {
        return directory.resolve(name);
    }

    private String written(TestImages.Made image) throws IOException {
        var layout = Files.createTempDirectory(directory, "made");
        TestImages.writeLayout(image, layout);
        return "oci:" + layout;
    }

    private static byte[] skopeo(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of("skopeo"));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var output = process.getInputStream().readAllBytes();
        assertEquals(0, process.onExit().join().exitValue(), command.toString());
        return output;
    }

    private static Digest skopeoDigest(String place) throws IOException {
        return Digest.sha256(skopeo("inspect", "--raw", "--tls-verify=false", place));
    }

    private static void skopeoCopy(String from, String to) throws IOException {
        skopeo(
                "copy",
                "--quiet",
                "--insecure-policy",
                "--all",
                "--preserve-digests",
                "--src-tls-verify=false",
                "--dest-tls-verify=false",
                from,
                to);
    }

    @Test
    void allPlatformsGoThroughRegistriesAndLayoutsWithEveryDigest() throws IOException {
        try (var registry = new DockerRegistry(path("registry"))) {
            var remote = "docker://" + registry.host() + "/team/app:1";
            var exact = ALL.withPreserveDigests(true);

            copy(written(index), remote, exact);
            assertEquals(index.top().digest(), skopeoDigest(remote));

            copy(remote, "oci:" + path("layout") + ":one", exact);
            assertEquals(index.top().digest(), skopeoDigest("oci:" + path("layout") + ":one"));
            for (var blob : index.blobs().entrySet()) {
                assertArrayEquals(
                        blob.getValue(),
                        Files.readAllBytes(path("layout").resolve(LayoutDestination.path(blob.getKey()))));
            }

            copy("oci:" + path("layout") + ":one", "oci-archive:" + path("a.tar") + ":two", exact);
            skopeoCopy("oci-archive:" + path("a.tar") + ":two", "dir:" + path("skopeo-dir"));
            copy("dir:" + path("skopeo-dir"), "dir:" + path("dir"), exact);
            assertEquals(index.top().digest(), skopeoDigest("dir:" + path("dir")));
            copy("dir:" + path("dir"), "docker://" + registry.host() + "/other/app:2", exact);
            skopeoCopy("docker://" + registry.host() + "/other/app:2", "oci:" + path("back") + ":x");
            assertEquals(index.top().digest(), skopeoDigest("oci:" + path("back") + ":x"));
        }
    }

    @Test
    void archiveThatSkopeoWroteIsRead() throws IOException {
        skopeoCopy(written(gzipped), "oci-archive:" + path("s.tar") + ":x");

        var copied = copy("oci-archive:" + path("s.tar") + ":x", "dir:" + path("d"), EXACT);

        assertEquals(gzipped.top().digest(), copied.digest());
    }

    @Test
    void dockerArchiveKeepsTheImagesIdThereAndBack() throws IOException {
        copy(written(amd64), "docker-archive:" + path("d.tar") + ":docker.io/library/app:1", CopyOptions.DEFAULT);

        skopeo("copy", "--quiet", "--insecure-policy", "docker-archive:" + path("d.tar"), "dir:" + path("dir"));
        var bySkopeo = Json.read(path("dir").resolve("manifest.json"), Manifest.class);
        assertEquals(amd64.configDigest(), bySkopeo.config().digest());

        copy("docker-archive:" + path("d.tar") + ":docker.io/library/app:1", "oci:" + path("o"), CopyOptions.DEFAULT);
        skopeo(
                "copy",
                "--quiet",
                "--insecure-policy",
                "oci:" + path("o"),
                "docker-archive:" + path("e.tar") + ":app:2");
        var back = copy("docker-archive:" + path("e.tar"), "dir:" + path("f"), CopyOptions.DEFAULT);
        assertEquals(
                amd64.configDigest(),
                Json.read(back.content(), Manifest.class, "manifest").config().digest());
    }

    @Test
    void umociUnpacksWhatWasWrittenForItsPlatform() throws IOException {
        copy(
                written(index),
                "oci:" + path("o") + ":app",
                CopyOptions.DEFAULT.withPlatform(new Platform("linux", "arm64", null)));

        DockerRegistry.run(List.of(
                "umoci",
                "unpack",
                "--rootless",
                "--image",
                path("o") + ":app",
                path("bundle").toString()));

        assertTrue(Files.exists(path("bundle").resolve("rootfs/arm")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GZIP", "ZSTD"})
    void layersAreCompressedAnewWhenAsked(String as) throws IOException {
        var compression = Compression.valueOf(as);
        try (var registry = new DockerRegistry(path("registry"))) {
            var remote = "docker://" + registry.host() + "/app:z";

            var top = copy(written(amd64), remote, CopyOptions.DEFAULT.withCompression(compression));

            var manifest = Json.read(top.content(), Manifest.class, "manifest");
            manifest.layers()
                    .forEach(layer -> assertTrue(
                            layer.mediaType().endsWith("+" + as.toLowerCase(java.util.Locale.ROOT)),
                            layer.mediaType()));
            assertEquals(amd64.configDigest(), manifest.config().digest());
            assertNotEquals(amd64.top().digest(), top.digest());
            // skopeo unpacks each layer: the files are named by what came out
            skopeo(
                    "copy",
                    "--quiet",
                    "--insecure-policy",
                    "--src-tls-verify=false",
                    "--dest-decompress",
                    remote,
                    "dir:" + path("plain"));
            for (var layer : amd64.layers()) {
                assertArrayEquals(
                        layer.archive(),
                        Files.readAllBytes(path("plain").resolve(layer.diffId().hex())));
            }
        }
    }

    @Test
    void sameArchiveIsAlwaysCompressedToTheSameBytes() throws IOException {
        var once = copy(written(amd64), "oci:" + path("a"), CopyOptions.DEFAULT.withCompression(Compression.GZIP));
        var again = copy(written(amd64), "oci:" + path("b"), CopyOptions.DEFAULT.withCompression(Compression.GZIP));

        assertEquals(once.digest(), again.digest());
    }

    @Test
    void changeOfADigestIsRefusedWhenTheyAreToBePreserved() {
        var e = assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> copy(written(gzipped), "oci:" + path("o"), EXACT.withCompression(Compression.ZSTD)));

        assertTrue(e.getMessage().contains("its digest cannot be preserved"), e.getMessage());
        assertFalse(Files.exists(path("o").resolve("index.json")));
    }

    @Test
    void formIsChangedWhenAsked() throws IOException {
        copy(written(gzipped), "dir:" + path("d"), CopyOptions.DEFAULT.withForm(ManifestForm.DOCKER));

        var manifest = Json.read(path("d").resolve("manifest.json"), Manifest.class);
        assertEquals("application/vnd.docker.distribution.manifest.v2+json", manifest.mediaType());
        skopeo("copy", "--quiet", "--insecure-policy", "dir:" + path("d"), "oci:" + path("o"));
    }

    @Test
    void layoutTakesSeveralImagesAndMovesATag() throws IOException {
        copy(written(gzipped), "oci:" + path("o") + ":a", CopyOptions.DEFAULT);
        copy(written(arm64), "oci:" + path("o") + ":b", CopyOptions.DEFAULT);
        copy(written(arm64), "oci:" + path("o") + ":a", CopyOptions.DEFAULT);

        assertEquals(arm64.top().digest(), skopeoDigest("oci:" + path("o") + ":a"));
        assertEquals(arm64.top().digest(), skopeoDigest("oci:" + path("o") + ":b"));
        var e = assertThrows(
                CarafeException.NotFound.class,
                () -> copy("oci:" + path("o") + ":c", "dir:" + path("x"), CopyOptions.DEFAULT));
        assertTrue(
                e.getMessage().contains("name one of a, b") || e.getMessage().contains("name one of b, a"),
                e.getMessage());
    }

    @Test
    void dockersArchiveMayHaveLayersThatXzHasPacked() throws IOException {
        var layer = TestImages.layer(TestImages.tar("x", 100_000, 8), Packing.XZ);
        var image = TestImages.image(layer);
        var files = Files.createDirectory(path("files"));
        Files.write(files.resolve("layer.tar.xz"), layer.blob());
        Files.write(files.resolve("config.json"), image.blobs().get(image.configDigest()));
        Files.writeString(files.resolve("manifest.json"), """
                [{"Config": "config.json", "RepoTags": ["x.test/a:1"], "Layers": ["layer.tar.xz"]}]""");
        var tar = new ProcessBuilder(
                "tar",
                "-cf",
                path("x.tar").toString(),
                "-C",
                files.toString(),
                "manifest.json",
                "config.json",
                "layer.tar.xz");
        assertEquals(0, tar.inheritIO().start().onExit().join().exitValue());

        var copied = copy("docker-archive:" + path("x.tar") + ":x.test/a:1", "oci:" + path("o"), CopyOptions.DEFAULT);

        var blob = Json.read(copied.content(), Manifest.class, "copy").layers().getFirst();
        assertEquals(MediaTypes.OCI_LAYER_GZIP, blob.mediaType());
        try (var unpacked =
                Compression.unpack(Files.newInputStream(path("o").resolve(LayoutDestination.path(blob.digest()))))) {
            assertArrayEquals(layer.archive(), unpacked.readAllBytes());
        }
    }

    private byte[] archiveOf(TestImages.Made... images) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var writer = transports.archive(bytes, Transports.Format.OCI, false)) {
            for (int i = 0; i < images.length; i++) {
                try (var source = transports.source(
                                Location.parse(written(images[i])), RegistryAuth.ANONYMOUS, Deadline.none());
                        var destination = writer.next(List.of("registry.test/app:" + i))) {
                    ImageCopy.run(source, destination, CopyOptions.DEFAULT, PullProgress.NONE, Deadline.none());
                }
            }
            writer.commit();
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gzip", "zstd", "xz"})
    void archiveOfSeveralImagesIsLoadedHoweverItIsCompressed(String with) throws IOException {
        var archive = archiveOf(gzipped, arm64);
        if (with.equals("gzip")) {
            var packed = new ByteArrayOutputStream();
            try (var gzip = new GZIPOutputStream(packed)) {
                gzip.write(archive);
            }
            archive = packed.toByteArray();
        } else if (with.equals("zstd")) {
            archive = com.github.luben.zstd.Zstd.compress(archive);
        } else if (with.equals("xz")) {
            archive = TestImages.xz(archive);
        }

        try (var loaded = transports.load(new ByteArrayInputStream(archive))) {
            assertEquals(2, loaded.images().size());
            assertTrue(loaded.images().get(1).names().contains("registry.test/app:1"));
            assertEquals(
                    arm64.top().digest(),
                    loaded.images().get(1).source().top(Deadline.none()).digest());
        }
    }

    @Test
    void archiveWithoutAnImageIsRefused() {
        var tar = TestImages.tar("etc/passwd", 10, 1);

        var e = assertThrows(
                CarafeException.InvalidArgument.class, () -> transports.load(new ByteArrayInputStream(tar)));

        assertTrue(e.getMessage().contains("carafe import"), e.getMessage());
    }

    @Test
    void brokenArchivesAreRefusedWhereverTheyBreak() throws IOException {
        var archive = archiveOf(gzipped);
        for (int length : new int[] {0, 1, 511, 512, 700, archive.length / 2, archive.length - 3000}) {
            var cut = java.util.Arrays.copyOf(archive, length);
            assertThrows(
                    CarafeException.class,
                    () -> transports.load(new ByteArrayInputStream(cut)).close(),
                    "cut at " + length);
        }
        var noise = new byte[4096];
        new java.util.Random(1).nextBytes(noise);
        assertThrows(CarafeException.class, () -> transports.load(new ByteArrayInputStream(noise)));
        var xz = TestImages.xz(archive);
        for (int length : new int[] {6, 12, xz.length / 2, xz.length - 1}) {
            var cut = java.util.Arrays.copyOf(xz, length);
            assertThrows(
                    CarafeException.class,
                    () -> transports.load(new ByteArrayInputStream(cut)).close(),
                    "xz cut at " + length);
        }
    }

    /** Whatever is in an archive, it is read or refused, and refused with an error of ours. */
    @Test
    void archivesWithFlippedBytesAreReadOrRefused() throws IOException {
        var small = TestImages.image(
                TestImages.layer(TestImages.tar("a", 10, 1), Packing.GZIP),
                TestImages.layer(TestImages.tar("b", 10, 2), Packing.ZSTD));
        var bytes = new ByteArrayOutputStream();
        try (var writer = transports.archive(bytes, Transports.Format.DOCKER, false);
                var source =
                        transports.source(Location.parse(written(small)), RegistryAuth.ANONYMOUS, Deadline.none());
                var destination = writer.next(List.of("a:1"))) {
            ImageCopy.run(source, destination, CopyOptions.DEFAULT, PullProgress.NONE, Deadline.none());
            writer.commit();
        }
        var random = new java.util.Random(7);
        int refused = 0;
        for (var archive : List.of(archiveOf(small), bytes.toByteArray())) {
            for (int i = 0; i < 250; i++) {
                var changed = archive.clone();
                for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                    changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                }
                refused += isRefused(changed) ? 1 : 0;
            }
        }
        assertTrue(refused > 100, "refused " + refused);
    }

    private boolean isRefused(byte[] archive) throws IOException {
        try (var loaded = transports.load(new ByteArrayInputStream(archive));
                var writer =
                        transports.archive(java.io.OutputStream.nullOutputStream(), Transports.Format.DOCKER, false)) {
            for (var found : loaded.images()) {
                try (var destination = writer.next(List.of())) {
                    ImageCopy.run(found.source(), destination, CopyOptions.DEFAULT, PullProgress.NONE, Deadline.none());
                }
            }
            return false;
        } catch (CarafeException e) {
            return true;
        }
    }

    @Test
    void damagedBlobIsNotCopied() throws IOException {
        var layout = Path.of(written(gzipped).substring(4));
        var layer = layout.resolve(
                LayoutDestination.path(gzipped.layers().getFirst().descriptor().digest()));
        var bytes = Files.readAllBytes(layer);
        bytes[bytes.length / 2] ^= 1;
        Files.write(layer, bytes);

        for (var to : List.of("oci:" + path("o"), "docker-archive:" + path("d.tar"), "dir:" + path("dir"))) {
            var e = assertThrows(CarafeException.class, () -> copy("oci:" + layout, to, CopyOptions.DEFAULT), to);
            assertTrue(String.valueOf(e.getMessage()).contains("sha256:"), e.getMessage());
        }
        assertFalse(Files.exists(path("o").resolve("index.json")));
        assertFalse(Files.exists(path("d.tar")));
        assertFalse(Files.exists(path("dir").resolve("manifest.json")));
        try (var left = Files.list(directory)) {
            assertEquals(
                    List.of(),
                    left.filter(file -> file.toString().endsWith(".tmp")).toList());
        }
    }

    @Test
    void artifactGoesAsItIs() throws IOException {
        var content = "bill of materials".getBytes(StandardCharsets.UTF_8);
        var layout = Files.createDirectories(path("artifact"));
        var config = "{}".getBytes(StandardCharsets.UTF_8);
        var manifest = ("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        + "\"artifactType\":\"application/spdx+json\",\"config\":{\"mediaType\":"
                        + "\"application/vnd.oci.empty.v1+json\",\"digest\":\"%s\",\"size\":2},\"layers\":[{\"mediaType\":"
                        + "\"application/spdx+json\",\"digest\":\"%s\",\"size\":%d}]}")
                .formatted(Digest.sha256(config), Digest.sha256(content), content.length)
                .getBytes(StandardCharsets.UTF_8);
        for (var blob : List.of(content, config, manifest)) {
            var file = layout.resolve(LayoutDestination.path(Digest.sha256(blob)));
            Files.createDirectories(file.getParent());
            Files.write(file, blob);
        }
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Files.writeString(
                layout.resolve("index.json"),
                "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        + "\"digest\":\"" + Digest.sha256(manifest) + "\",\"size\":" + manifest.length + "}]}");
        try (var registry = new DockerRegistry(path("registry"))) {
            var remote = "docker://" + registry.host() + "/bom:1";

            copy("oci:" + layout, remote, EXACT);

            assertEquals(Digest.sha256(manifest), skopeoDigest(remote));
            var e = assertThrows(
                    CarafeException.FailedPrecondition.class,
                    () -> copy(remote, "docker-archive:" + path("x.tar"), CopyOptions.DEFAULT));
            assertTrue(e.getMessage().contains("no container image"), e.getMessage());
        }
    }

    @Test
    void placesAreReadAsPeopleWriteThem() {
        assertEquals(new Location.Registry("nginx:1.27"), Location.parse("docker://nginx:1.27"));
        assertEquals(new Location.Layout(Path.of("/a/b"), "x:1", false), Location.parse("oci:/a/b:x:1"));
        assertEquals(new Location.Directory(Path.of("/a")), Location.parse("dir:/b/../a"));
        for (var wrong :
                List.of("", "nginx", "docker:nginx", "docker://", "oci:relative", "dir:", "tape:/x", "store:")) {
            assertThrows(CarafeException.InvalidArgument.class, () -> Location.parse(wrong), wrong);
        }
    }
}
