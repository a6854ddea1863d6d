package io.carafe.storage;

import static io.carafe.storage.TarBytes.digest;
import static io.carafe.storage.TarBytes.stream;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class LayerArchiveTest {

    @TempDir
    Path root;

    private Storage storage;

    @BeforeEach
    void open() {
        storage = Storage.open(root, Storage.Kind.AUTO);
    }

    @AfterEach
    void close() {
        storage.close();
    }

    private byte[] unpackedAndPackedAgain(byte[] tar) throws IOException {
        storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);
        return packedAgain(digest(tar));
    }

    private byte[] packedAgain(Digest layer) throws IOException {
        try (var archive = storage.layers().archive(layer)) {
            return archive.readAllBytes();
        }
    }

    private static byte[] noise(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void archiveIsPutTogetherByteByByte() throws IOException {
        var tar = new TarBytes()
                .directory("./")
                .file("a", "first")
                .file("empty", "")
                .pax("path", "dir/\u00e9t\u00e9")
                .file("dir/long", noise(700_001))
                .pax("SCHILY.xattr.user.note", "hello")
                .hardLink("dir/hard", "a")
                .symlink("link", "dir")
                .file("link/through", "a link")
                .file(".wh.gone", "")
                .file("dir/.wh..wh..opq", "")
                .file(".wh..wh.plnk/1.2", "not unpacked, yet part of the archive")
                .node('3', "null", 1, 3)
                .raw(new byte[1024])
                .raw(noise(3000))
                .end();

        assertArrayEquals(tar, unpackedAndPackedAgain(tar));
    }

    @Test
    void filesThatLaterOnesReplaceAreStillPartOfIt() throws IOException {
        var tar = new TarBytes()
                .file("a", "first")
                .hardLink("b", "a")
                .file("a", "second, longer")
                .file("a", "third")
                .file("d/x", "in a directory")
                .file("d/e/y", "deeper")
                .file("d", "now a file")
                .directory("d")
                .file("d/x", "and back")
                .symlink("s", "d")
                .file("s", "no link")
                .file(".wh.d", "")
                .end();

        assertArrayEquals(tar, unpackedAndPackedAgain(tar));

        var layer = storage.layers().find(digest(tar)).orElseThrow();
        assertEquals("third", Files.readString(layer.diff().resolve("a")));
        assertEquals("first", Files.readString(layer.diff().resolve("b")));
    }

    @Test
    void sparseFilesAreStoredAsTheyWere() throws Exception {
        var tree = Files.createDirectories(root.resolve("tree"));
        try (var file = new java.io.RandomAccessFile(tree.resolve("sparse").toFile(), "rw")) {
            for (int piece = 0; piece < 40; piece++) {
                file.seek(piece * 1_000_000L);
                file.write(noise(10_000 + piece));
            }
            file.setLength(50_000_000);
        }
        for (var format : new String[] {"gnu", "posix"}) {
            var out = root.resolve(format + ".tar");
            var process = new ProcessBuilder(
                            "tar", "-C", tree.toString(), "--format=" + format, "-S", "-cf", out.toString(), ".")
                    .inheritIO()
                    .start();
            assertEquals(0, process.waitFor());
            assertTrue(Files.size(out) < 1_000_000, "not stored as sparse");
            var tar = Files.readAllBytes(out);

            assertArrayEquals(tar, unpackedAndPackedAgain(tar));
        }
    }

    @Test
    void archiveOutlivesARestart() throws IOException {
        var tar = new TarBytes().file("a", noise(5000)).end();
        storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);

        close();
        open();

        assertArrayEquals(tar, packedAgain(digest(tar)));
    }

    @Test
    void layerStaysWhileItsArchiveIsRead() throws IOException {
        var tar = new TarBytes().file("a", noise(500_000)).end();
        storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);
        try (var archive = storage.layers().archive(digest(tar))) {
            assertEquals(1000, archive.readNBytes(1000).length);

            var e = assertThrows(
                    CarafeException.FailedPrecondition.class,
                    () -> storage.layers().remove(digest(tar)));
            assertTrue(e.getMessage().contains("of its archive uses it"), e.getMessage());
            assertArrayEquals(tar, concat(java.util.Arrays.copyOf(tar, 1000), archive.readAllBytes()));
        }
        storage.layers().remove(digest(tar));
        assertFalse(storage.layers().find(digest(tar)).isPresent());
    }

    private static byte[] concat(byte[] first, byte[] second) {
        var all = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    @Test
    void fileThatIsShorterThanItWasIsNamed() throws IOException {
        var tar = new TarBytes().file("a/b", noise(5000)).end();
        var layer = storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);
        Files.write(layer.diff().resolve("a/b"), noise(4999));

        var e = assertThrows(IOException.class, () -> packedAgain(digest(tar)));

        assertTrue(e.getMessage().contains("a/b is shorter than it was"), e.getMessage());
    }

    @Test
    void truncatedRecordIsAnError() throws IOException {
        var tar = new TarBytes().file("a", noise(500)).file("b", noise(500)).end();
        var layer = storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);
        var record = layer.diff().resolveSibling("tar-split.zst");
        Files.write(record, java.util.Arrays.copyOf(Files.readAllBytes(record), (int) Files.size(record) - 10));

        var e = assertThrows(CarafeException.Internal.class, () -> packedAgain(digest(tar)));

        assertTrue(e.getMessage().startsWith("archive of layer " + digest(tar)), e.getMessage());
    }
}
