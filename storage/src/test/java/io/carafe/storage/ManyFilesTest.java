package io.carafe.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.TreeUsage;
import io.carafe.linux.mount.Mounts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A layer as of a Node.js image: tens of thousands of small files. */
@Tag("root")
class ManyFilesTest {

    private static final int FILES = 30_000;
    private static final int FILES_PER_DIRECTORY = 10;

    @TempDir
    Path temporary;

    private Path root;

    /** In memory: ext4 without a journal gets slower with each tree that is deleted, as it spares the inodes for a while. */
    @BeforeEach
    void mountTmpfs() throws IOException {
        root = Files.createDirectory(temporary.resolve("fs"));
        Mounts.mount("tmpfs", "tmpfs", root, Set.of(), "size=512m");
    }

    @AfterEach
    void unmount() throws IOException {
        Mounts.unmountAll(root);
    }

    /** The child process that is killed: unpacks the layer into the store whose root is its argument. */
    static final class Unpacking {
        private Unpacking() {}

        @SuppressWarnings("SystemOut") // a program of its own; the line tells the parent that it is about to begin
        public static void main(String[] arguments) throws IOException {
            var tar = tar(FILES);
            try (var storage = Storage.open(Path.of(arguments[0]), Storage.Kind.AUTO)) {
                System.out.println("ready");
                storage.layers().unpack(TarBytes.digest(tar), TarBytes.stream(tar), UnpackLimits.DEFAULT);
            }
        }
    }

    @Test
    void layerOf30000FilesTakesSeconds() throws IOException {
        var tar = tar(FILES);
        try (var storage = Storage.open(root, Storage.Kind.AUTO)) {
            var start = System.nanoTime();
            var layer = storage.layers().unpack(TarBytes.digest(tar), TarBytes.stream(tar), UnpackLimits.DEFAULT);
            var taken = Duration.ofNanos(System.nanoTime() - start);
            System.getLogger("io.carafe.storage")
                    .log(System.Logger.Level.INFO, "30,000 files in {0} ms", taken.toMillis());
            assertTrue(taken.toSeconds() < 30, taken.toString());
            assertComplete(layer);
        }
    }

    @Test
    void killedWhileUnpackingLeavesAllOrNothing() throws Exception {
        var tar = tar(FILES);
        int completed = 0;
        for (long delay = 0; delay < 1000 && completed == 0; delay = delay * 2 + 20) {
            killAfter(delay);
            try (var storage = Storage.open(root, Storage.Kind.AUTO)) {
                var found = storage.layers().find(TarBytes.digest(tar));
                if (found.isPresent()) {
                    assertComplete(found.get());
                    completed++;
                }
            }
            assertNothingLeft(completed);
        }
        try (var storage = Storage.open(root, Storage.Kind.AUTO)) {
            assertComplete(storage.layers().unpack(TarBytes.digest(tar), TarBytes.stream(tar), UnpackLimits.DEFAULT));
        }
    }

    private void killAfter(long millis) throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        var child = new ProcessBuilder(
                        java,
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx300m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Unpacking.class.getName(),
                        root.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var output = new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            assertEquals("ready", output.readLine());
            Thread.sleep(millis);
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private static void assertComplete(Layer layer) throws IOException {
        int inodes = FILES + FILES / FILES_PER_DIRECTORY + 2;
        assertEquals(inodes, layer.usage().inodes());
        try (var diff = OpenFile.openDirectory(layer.diff())) {
            var walked = TreeUsage.of(diff);
            assertEquals(new Usage(walked.bytes(), walked.inodes()), layer.usage());
        }
    }

    private void assertNothingLeft(int layers) throws IOException {
        for (var directory : List.of("layers/.tmp", "snapshots/.tmp", "trash")) {
            try (var children = Files.list(root.resolve(directory))) {
                assertEquals(List.of(), children.toList());
            }
        }
        var all = root.resolve("layers/sha256");
        try (var children = Files.exists(all) ? Files.list(all) : Stream.<Path>of()) {
            assertEquals(layers, children.count());
        }
    }

    static byte[] tar(int files) {
        var tar = new TarBytes();
        for (int i = 0; i < files; i++) {
            var directory = "node_modules/package-" + i / FILES_PER_DIRECTORY;
            if (i == 0) {
                tar.mode(0755).directory("node_modules/");
            }
            if (i % FILES_PER_DIRECTORY == 0) {
                tar.mode(0755).directory(directory + "/");
            }
            tar.mode(0644).file(directory + "/file-" + i + ".js", new byte[200 + i % 800]);
        }
        return tar.end();
    }
}
