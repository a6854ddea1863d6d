package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Images in and out of the store, as a person moves them; skopeo and tar judge what comes out. */
@Tag("root")
@Timeout(180)
class TransfersTest extends CommandOnNode {

    private final TestImages.Made busybox;
    private final TestImages.Made index;

    TransfersTest() throws Exception {
        busybox = Busybox.image();
        var other = TestImages.image(
                new Platform("linux", "s390x", null),
                TestImages.layer(TestImages.tar("other", 50_000, 4), Packing.GZIP));
        index = TestImages.index(busybox, other);
    }

    @Override
    TestImages.Made content() {
        return index;
    }

    private static String digest(String place) throws IOException {
        return Digest.sha256(output("skopeo", "inspect", "--raw", "--tls-verify=false", place))
                .toString();
    }

    /** The image's id, by the manifest that skopeo finds. */
    private static String id(String place) throws IOException {
        var raw = output("skopeo", "inspect", "--raw", "--tls-verify=false", place);
        return Json.read(raw, Manifest.class, place).config().digest().toString();
    }

    private String tags() throws IOException {
        return run("images");
    }

    @Test
    void namesAreGivenMovedAndTaken() throws IOException {
        run("tag", image, "shop.test/one:1", "shop.test/two");
        assertTrue(tags().contains("shop.test/two"), tags());

        assertTrue(failure("untag", image, "shop.test/three:1").contains("is not called"));
        run("untag", image, "shop.test/one:1");
        assertFalse(tags().contains("shop.test/one"), tags());
        run("untag", busybox.configDigest().toString());
        assertFalse(tags().contains("shop.test/two"), tags());
        assertTrue(failure("tag", "nothing:1", "x:1").contains("is not here"));
        assertTrue(failure("tag", busybox.configDigest().toString(), "shop.test/UPPER")
                .contains("lower-case"));
    }

    @Test
    void archivesOfAllFormatsAreReadByOthersAndLoadedAgain() throws IOException {
        run("tag", image, "shop.test/app:1");
        for (var format : List.of("docker-archive", "oci-archive")) {
            var file = path(format + ".tar");
            run("save", "--format", format, "-o", file, "shop.test/app:1");
            output("skopeo", "copy", "--quiet", "--insecure-policy", format + ":" + file, "dir:" + path(format));
            assertEquals(busybox.configDigest().toString(), id("dir:" + path(format)));

            run("rmi", busybox.configDigest().toString());
            assertTrue(run("load", "-i", file).contains("shop.test/app:1"));
            assertEquals(
                    busybox.configDigest().toString(),
                    run("images", "--format", "json").replaceAll("(?s).*(sha256:[0-9a-f]{64})\",\\s*\"tags.*", "$1"));
        }
        run("save", "--format", "oci-dir", "-o", path("od"), "shop.test/app:1");
        assertEquals(busybox.configDigest().toString(), id("oci:" + path("od")));
        run("save", "--format", "docker-dir", "-o", path("dd"), "shop.test/app:1");
        assertEquals(busybox.configDigest().toString(), id("dir:" + path("dd")));
        assertTrue(failure("save", "--format", "docker-dir", "shop.test/app:1").contains("-o"));

        // through pipes, compressed, as ssh would carry it
        var saved = carafe.start("save", "shop.test/app:1");
        saved.getOutputStream().close();
        var packed = directory.resolve("packed.tar.gz");
        try (var gzip = new java.util.zip.GZIPOutputStream(Files.newOutputStream(packed))) {
            saved.getInputStream().transferTo(gzip);
        }
        assertEquals(0, saved.onExit().join().exitValue());
        run("rmi", busybox.configDigest().toString());
        run("load", "-q", "-i", packed.toString());
        assertEquals("hello", run("run", "--rm", "--net", "none", "shop.test/app:1", "/bin/echo", "hello"));
    }

    @Test
    void loadOfWhatOthersWroteTakesAllImagesOrSaysWhyNot() throws IOException {
        output(
                "skopeo",
                "copy",
                "--quiet",
                "--insecure-policy",
                "--src-tls-verify=false",
                "docker://" + image,
                "docker-archive:" + path("s.tar") + ":shop.test/s:1");
        assertTrue(run("load", "-i", path("s.tar")).contains("shop.test/s:1"));

        Files.write(
                directory.resolve("cut.tar"),
                java.util.Arrays.copyOf(Files.readAllBytes(directory.resolve("s.tar")), 20_000));
        assertTrue(failure("load", "-i", path("cut.tar")).contains("cut off"));
        Files.writeString(directory.resolve("text"), "no archive");
        assertTrue(failure("load", "-i", path("text")).contains("archive"));
        assertTrue(failure("load", "-i", path("none")).contains("read "));
    }

    @Test
    void pushIsOfTheSameImageAndKeepsDigestsWhereItCan() throws IOException {
        // a name beside at the same registry: all blobs are mounted, and nothing changes
        var pushed = run("push", "-q", "--digestfile", path("digest"), image, registry.host() + "/copy/busybox:2");
        assertEquals(busybox.top().digest().toString(), pushed);
        assertEquals(pushed, Files.readString(directory.resolve("digest")));
        assertEquals(pushed, digest("docker://" + registry.host() + "/copy/busybox:2"));

        // all platforms, of which the store has one
        run("push", "-q", "--all-platforms", image, registry.host() + "/all/busybox:2");
        assertEquals(index.top().digest().toString(), digest("docker://" + registry.host() + "/all/busybox:2"));

        try (var elsewhere = new DockerRegistry(directory.resolve("elsewhere"))) {
            node.writeRegistries(registry.host(), elsewhere.host());
            var name = "docker://" + elsewhere.host() + "/busybox:1";
            var exact = run("push", "-q", "--preserve-digests", image, name);
            assertEquals(busybox.top().digest().toString(), exact);
            assertEquals(exact, digest(name));

            var zstd = elsewhere.host() + "/zstd:1";
            run("push", "-q", "--compression", "zstd", image, zstd);
            assertEquals(busybox.configDigest().toString(), id("docker://" + zstd));
            run("rmi", busybox.configDigest().toString());
            run("pull", "-q", zstd);
            assertEquals("hello", run("run", "--rm", "--net", "none", zstd, "/bin/echo", "hello"));
        }
    }

    @Test
    void pushWithoutTheOriginIsCompressedAgainOrRefused() throws IOException {
        registry.close(); // where the image came from is gone
        try (var elsewhere = new DockerRegistry(directory.resolve("elsewhere"))) {
            var name = elsewhere.host() + "/busybox:1";

            assertTrue(failure("push", "-q", "--preserve-digests", image, name).contains("blob sha256:"));
            run("push", "-q", image, name);

            assertEquals(busybox.configDigest().toString(), id("docker://" + name));
            assertNotEquals(busybox.top().digest().toString(), digest("docker://" + name));
        }
    }

    @Test
    void copyGoesBetweenRegistriesAndFilesWithoutTheStore() throws IOException {
        run("rmi", busybox.configDigest().toString());
        run("copy", "-q", "--all", "docker://" + image, "oci:" + path("layout") + ":x");
        assertEquals(index.top().digest().toString(), digest("oci:" + path("layout") + ":x"));
        run("copy", "-q", "--all", "oci:" + path("layout") + ":x", "docker://" + registry.host() + "/back:1");
        assertEquals(index.top().digest().toString(), digest("docker://" + registry.host() + "/back:1"));
        assertEquals("", run("images", "-q"));

        run("copy", "-q", "oci:" + path("layout") + ":x", "store:shop.test/in:1");
        assertEquals("hello", run("run", "--rm", "--net", "none", "shop.test/in:1", "/bin/echo", "hello"));
        assertTrue(failure("copy", "tape:x", "store:y").contains("expected docker://"));
    }

    @Test
    void historyAndTreeTellOfLayers() throws IOException {
        run("tag", image, "shop.test/app:1");
        var diffId = busybox.layers().getFirst().diffId().hex().substring(0, 12);
        assertTrue(run("history", image).contains(diffId), run("history", image));
        var tree = run("tree", image);
        assertTrue(tree.contains("└── ID: " + diffId) && tree.contains("shop.test/app:1"), tree);
    }

    @Test
    void importedFilesAreAnImageAndExportedOnesATar() throws IOException {
        run("run", "-d", "-u", "0", "--name", "source", "--net", "none", image, "/bin/sleep", "1000");
        var written = carafe.run(
                "exec",
                "-u",
                "0",
                "source",
                "/bin/sh",
                "-c",
                "echo new > /new; /bin/busybox ln /new /again; cat /again");
        assertEquals("new", written.line(), written.errors());

        run("export", "-o", path("files.tar"), "source");

        var listed = new String(output("tar", "tf", path("files.tar")), StandardCharsets.UTF_8);
        assertTrue(listed.lines().toList().containsAll(List.of("new", "bin/busybox")), listed);
        var verbose = new String(output("tar", "tvf", path("files.tar")), StandardCharsets.UTF_8);
        assertTrue(verbose.contains("again link to new") || verbose.contains("new link to again"), verbose);
        run("rm", "-f", "source");

        var words = new ArrayList<>(List.of("import", "-m", "by hand", "-c", "CMD [\"/bin/cat\", \"/new\"]"));
        words.addAll(List.of("-c", "ENV A=b", path("files.tar"), "shop.test/imported:1"));
        var id = run(words.toArray(String[]::new));
        assertTrue(id.startsWith("sha256:"), id);
        assertEquals("new", run("run", "--rm", "--net", "none", "shop.test/imported:1"));
        assertTrue(run("history", "shop.test/imported:1").contains("by hand"));
        assertTrue(failure("import", "-c", "RUN x", path("files.tar")).contains("expected CMD"));
        // and on to a registry, in a manifest of its own
        run("push", "-q", "shop.test/imported:1", registry.host() + "/imported:1");
        assertEquals(id, id("docker://" + registry.host() + "/imported:1"));
    }

    @Test
    void registryIsSearchedAndExplainedAndTellsOfReferrers() throws IOException {
        var explained = run("registry", "explain", image);
        assertTrue(explained.contains("1. " + image) && explained.contains("policy.json: accepted"), explained);
        assertTrue(explained.contains("credentials: none"), explained);

        assertTrue(run("search", registry.host() + "/busy").contains(registry.host() + "/busybox"));
        assertFalse(run("search", registry.host() + "/lazy").contains("busybox"));

        var layout = directory.resolve("artifact");
        var empty = "{}".getBytes(StandardCharsets.UTF_8);
        var manifest = ("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        + "\"artifactType\":\"application/x-note\",\"config\":{\"mediaType\":"
                        + "\"application/vnd.oci.empty.v1+json\",\"digest\":\"%s\",\"size\":2},\"layers\":[],"
                        + "\"subject\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}}")
                .formatted(
                        Digest.sha256(empty),
                        index.top().mediaType(),
                        index.top().digest(),
                        index.top().size())
                .getBytes(StandardCharsets.UTF_8);
        for (var blob : List.of(empty, manifest)) {
            var file = layout.resolve("blobs/sha256/" + Digest.sha256(blob).hex());
            Files.createDirectories(file.getParent());
            Files.write(file, blob);
        }
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Files.writeString(
                layout.resolve("index.json"),
                "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        + "\"digest\":\"" + Digest.sha256(manifest) + "\",\"size\":" + manifest.length + "}]}");
        run("copy", "-q", "oci:" + layout, "docker://" + registry.host() + "/busybox:note");

        var referrers = run("registry", "referrers", image);
        assertTrue(referrers.contains(Digest.sha256(manifest).toString()), referrers);
        assertTrue(referrers.contains("application/x-note"), referrers);
    }

    @Test
    void prunedIsWhatNobodyUsesAndNobodyHasPinned() throws IOException {
        registry.push(TestImages.image(TestImages.layer(TestImages.tar("c", 1000, 5), Packing.GZIP)), "other:1");
        run("pull", "-q", registry.host() + "/other:1");
        var pinned = node.base().resolve("pinned.toml");
        Files.writeString(pinned, "[image]\npinned_images = [\"*busybox*\"]\n");
        daemon.terminate();
        node.start("--config", pinned.toString());

        var output = run("system", "prune", "--all", "--force");

        assertTrue(output.contains("image " + registry.host() + "/other:1"), output);
        var images = run("images", "--format", "json");
        assertTrue(images.contains("busybox") && images.contains("\"pinned\": true"), images);
        assertFalse(images.contains("other"), images);
    }

    @Test
    void diskUsageTellsWhatImagesShare() throws IOException {
        var layer = TestImages.layer(TestImages.tar("c", 400_000, 5), Packing.GZIP);
        registry.push(TestImages.image(layer), "small:1");
        var more = TestImages.layer(TestImages.tar("d", 1000, 6), Packing.GZIP);
        registry.push(TestImages.image(layer, more), "large:1");
        run("pull", "-q", registry.host() + "/small:1");
        run("pull", "-q", registry.host() + "/large:1");

        var images = Json.tree(run("system", "df", "-v", "--format", "json").getBytes(StandardCharsets.UTF_8), "df");
        long unique = 0;
        long common = 0;
        for (var each : images) {
            unique += each.path("uniqueSize").asLong();
            common = Math.max(common, each.path("sharedSize").asLong());
        }
        assertEquals(3, images.size());
        assertTrue(common >= 400_000, images.toString());

        var rows = Json.tree(run("system", "df", "--format", "json").getBytes(StandardCharsets.UTF_8), "df");
        assertEquals(unique + common, rows.get(0).path("size").asLong());
        assertTrue(run("system", "df", "-v").contains("SHARED SIZE"));
    }
}
