package io.carafe.storage;

import static io.carafe.storage.TarBytes.digest;
import static io.carafe.storage.TarBytes.stream;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.TreeUsage;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives that no honest program writes: each is refused with a message that names the member, and nothing is left. */
@Tag("root")
class HostileLayerTest {

    private static final UnpackLimits LIMITS = new UnpackLimits(100, 50, 1000, 20, 10 << 20, 5 << 20, 64 << 10, 1000);

    @TempDir
    Path temporary;

    private Path root;
    private Path victim;
    private Storage storage;

    @BeforeEach
    void open() throws IOException {
        root = temporary.resolve("store");
        storage = Storage.open(root, Storage.Kind.AUTO);
        victim = Files.writeString(temporary.resolve("victim"), "untouched");
    }

    @AfterEach
    void close() throws IOException {
        storage.close();
        assertEquals("untouched", Files.readString(victim));
    }

    static Stream<Arguments> evil() {
        return Stream.of(
                arguments("path leads out of the layer", new TarBytes().file("../../victim", "x")),
                arguments("path leads out of the layer", new TarBytes().file("a/../../victim", "x")),
                arguments("path leads out of the layer", new TarBytes().file("/../victim", "x")),
                arguments("path leads out of the layer", new TarBytes().hardLink("h", "../../victim")),
                arguments("which is not in this layer", new TarBytes().hardLink("h", "/etc/passwd")),
                arguments(
                        "which is not in this layer",
                        new TarBytes().symlink("l", "/etc").hardLink("h", "l/passwd")),
                arguments(
                        "hard link to the directory d",
                        new TarBytes().directory("d").hardLink("h", "d")),
                arguments("hard link to the directory", new TarBytes().hardLink("h", "/")),
                arguments(
                        "which the layer deletes",
                        new TarBytes().file(".wh.x", "").hardLink("h", "x")),
                arguments(
                        "more than 40 links",
                        new TarBytes().symlink("a", "b").symlink("b", "a").file("a/f", "x")),
                arguments(
                        "link target has too many components",
                        new TarBytes().symlink("a", "a/a/a").file("a/f", "x")),
                arguments(
                        "f on the way to it is not a directory",
                        new TarBytes().file("f", "x").file("f/g", "x")),
                arguments(
                        "root can only be a directory",
                        new TarBytes().file("./", "x").file(".", "x")),
                arguments("root can only be a directory", new TarBytes().symlink("/", "/etc")),
                arguments("whiteout without a name", new TarBytes().file("d/.wh.", "")),
                arguments("whiteout without a name", new TarBytes().file("d/.wh..", "")),
                arguments("whiteout without a name", new TarBytes().file("d/.wh...", "")),
                arguments("character device 0:0", new TarBytes().node('3', "w", 0, 0)),
                arguments("device major number 4096", new TarBytes().node('4', "w", 4096, 0)),
                arguments("type M has no place", new TarBytes().member('M', "multi", "", new byte[0], 0, 0)),
                arguments(
                        "name is longer than 255",
                        new TarBytes().pax("path", "n".repeat(256)).file("x", "")),
                arguments(
                        "path is longer than 1000",
                        new TarBytes().pax("path", "n/".repeat(501)).file("x", "")),
                arguments("more than 20 components", new TarBytes().file("d/".repeat(20) + "f", "")),
                arguments("empty or impossible target", new TarBytes().symlink("l", "")),
                arguments("NUL", new TarBytes().pax("path", "a\0b").file("x", "")),
                arguments("NUL", new TarBytes().pax("linkpath", "a\0b").symlink("x", "y")),
                arguments("size -1 is negative", new TarBytes().headerOnly('0', "n", filled(12, 0xFF))),
                arguments("more than 64 bits", new TarBytes().headerOnly('0', "n", filled(12, 0x80, 0x7F))),
                arguments("not an octal number", new TarBytes().headerOnly('0', "n", ascii("12345678901x"))),
                arguments("is not a number", new TarBytes().pax("size", "-5").file("x", "12345")),
                arguments(
                        "is not a number",
                        new TarBytes().pax("size", "9".repeat(30)).file("x", "12345")),
                arguments(
                        "size 99999999", new TarBytes().pax("size", "99999999").file("x", "12345")),
                arguments(
                        "ends in the middle", new TarBytes().pax("size", "5000").file("x", "12345")),
                arguments("checksum", new TarBytes().pax("size", "0").file("x", "12345")),
                arguments("checksum", new TarBytes().raw(filled(512, 'x'))),
                arguments(
                        "uid 4294967295",
                        new TarBytes().pax("uid", "4294967295").file("x", "")),
                arguments(
                        "wrong length",
                        new TarBytes()
                                .member('x', "p", "", ascii("99 path=x\n"), 0, 0)
                                .file("x", "")),
                arguments(
                        "wrong length",
                        new TarBytes()
                                .member('x', "p", "", ascii("3 =\n"), 0, 0)
                                .file("x", "")),
                arguments(
                        "PAX record",
                        new TarBytes()
                                .member('x', "p", "", ascii("nonsense"), 0, 0)
                                .file("x", "")),
                arguments("extended header is above", new TarBytes().member('x', "p", "", new byte[70_000], 0, 0)),
                arguments("extended header is above", new TarBytes().member('L', "p", "", new byte[70_000], 0, 0)),
                arguments(
                        "above the limit of 1000",
                        new TarBytes()
                                .pax("SCHILY.xattr.user.x", new byte[1001])
                                .file("x", "")),
                arguments(
                        "a block of zeros stands between",
                        new TarBytes().raw(new byte[512]).file("x", "")),
                arguments("above the limit", new TarBytes().file("big", new byte[(5 << 20) + 1])),
                arguments(
                        "files exceed",
                        new TarBytes()
                                .file("1", new byte[4 << 20])
                                .file("2", new byte[4 << 20])
                                .file("3", new byte[4 << 20])),
                arguments("archive is longer than", comments(200)),
                arguments("more than 100 entries", many(101)),
                arguments(
                        "more than 50 directories",
                        new TarBytes()
                                .file("1/2/3/4/5/6/7/8/9/10/11/12/f", "")
                                .file("b/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/f", "")
                                .file("c/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/f", "")
                                .file("d/2/3/f", "")),
                arguments("more than 50 whiteouts", whiteouts(51)),
                arguments("files exceed", sparseBombs(3, 4 << 20)),
                arguments("above the limit", sparseBombs(1, 1L << 50)),
                arguments("lies outside the file", sparse("10,100", 50, 100)),
                arguments("overlaps another", sparse("10,4,12,4", 50, 8)),
                arguments("covers 100 bytes, but 8 are stored", sparse("0,100", 500, 8)),
                arguments("an offset without a length", sparse("0,4,9", 500, 4)));
    }

    @ParameterizedTest
    @MethodSource("evil")
    void isRefused(String why, TarBytes archive) throws IOException {
        var tar = archive.end();
        var e = assertThrows(
                CarafeException.InvalidArgument.class, () -> storage.layers().unpack(digest(tar), stream(tar), LIMITS));
        assertTrue(e.getMessage().contains(why), e.getMessage());
        assertTrue(e.getMessage().startsWith("layer " + digest(tar)), e.getMessage());
        assertNothingLeft();
    }

    @Test
    void cutOffAnywhereIsRefusedOrAnotherLayer() throws IOException {
        var tar = new TarBytes()
                .pax("mtime", "1.5")
                .file("a/b", "hello")
                .hardLink("c", "a/b")
                .end();
        for (int length = 0; length < tar.length - 1; length += 37) {
            var cut = Arrays.copyOf(tar, length);
            assertThrows(
                    CarafeException.InvalidArgument.class,
                    () -> storage.layers().unpack(digest(tar), stream(cut), LIMITS));
        }
        assertNothingLeft();
    }

    @Test
    void noisyArchivesNeverDoMoreThanFail() throws IOException {
        var tar = new TarBytes()
                .pax("path", "x/y")
                .pax("SCHILY.xattr.user.a", "b")
                .file("a", "hello")
                .symlink("s", "../..")
                .file("s/f", "x")
                .file("d/.wh.z", "")
                .hardLink("h", "x/y")
                .directory("d")
                .end();
        var random = new Random(7);
        for (int i = 0; i < 300; i++) {
            var noisy = tar.clone();
            for (int j = 0; j <= i % 4; j++) {
                int block = random.nextInt(tar.length / 512) * 512;
                noisy[block + random.nextInt(512)] = (byte) random.nextInt(256);
                if (random.nextBoolean()) {
                    reseal(noisy, block);
                }
            }
            try {
                storage.layers().unpack(digest(noisy), stream(noisy), LIMITS);
            } catch (CarafeException.InvalidArgument expected) {
                // fine
            }
        }
        for (var layer : storage.layers().list()) {
            storage.layers().remove(layer.diffId());
        }
        assertNothingLeft();
    }

    @Test
    void endlessBodyStopsAtTheLimit() throws IOException {
        var start = new TarBytes().file("f", "x").end();
        var endless = new InputStream() {
            private int position;

            @Override
            public int read() {
                return position < start.length ? start[position++] : 0;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (position >= start.length) {
                    return length;
                }
                target[offset] = (byte) read();
                return 1;
            }
        };
        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> storage.layers().unpack(Digest.sha256(start), endless, UnpackLimits.DEFAULT));
        assertTrue(e.getMessage().contains("follow the end of the archive"), e.getMessage());
        assertNothingLeft();
    }

    private void assertNothingLeft() throws IOException {
        assertEquals(List.of(), storage.layers().list());
        try (var fd = OpenFile.openDirectory(root)) {
            // root, layers with .tmp and .retired, snapshots with .tmp, trash, and sha256 once a layer was there
            assertTrue(TreeUsage.of(fd).inodes() <= 8, () -> "left behind: " + listing());
        }
    }

    private String listing() {
        try (var all = Files.walk(root)) {
            return all.toList().toString();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void reseal(byte[] tar, int block) {
        var header = Arrays.copyOfRange(tar, block, block + 512);
        System.arraycopy(TarBytes.seal(header), 0, tar, block, 512);
    }

    private static TarBytes many(int count) {
        var tar = new TarBytes();
        for (int i = 0; i < count; i++) {
            tar.file("f" + i, "");
        }
        return tar;
    }

    private static TarBytes whiteouts(int count) {
        var tar = new TarBytes();
        for (int i = 0; i < count; i++) {
            tar.file(".wh.f" + i, "");
        }
        return tar;
    }

    /** Global headers, which are no entries. */
    private static TarBytes comments(int count) {
        var tar = new TarBytes();
        for (int i = 0; i < count; i++) {
            tar.member('g', "comment", "", new byte[60_000], 0, 0);
        }
        return tar;
    }

    private static TarBytes sparseBombs(int count, long size) {
        var tar = new TarBytes();
        for (int i = 0; i < count; i++) {
            tar.pax("GNU.sparse.map", "0,4").pax("GNU.sparse.size", "" + size).file("bomb" + i, "DATA");
        }
        return tar;
    }

    private static TarBytes sparse(String map, long size, int stored) {
        return new TarBytes()
                .pax("GNU.sparse.map", map)
                .pax("GNU.sparse.size", "" + size)
                .file("s", new byte[stored]);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] filled(int length, int... bytes) {
        var all = new byte[length];
        for (int i = 0; i < length; i++) {
            all[i] = (byte) bytes[Math.min(i, bytes.length - 1)];
        }
        return all;
    }
}
