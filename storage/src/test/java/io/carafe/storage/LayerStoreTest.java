package io.carafe.storage;

import static io.carafe.storage.TarBytes.digest;
import static io.carafe.storage.TarBytes.stream;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import io.carafe.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class LayerStoreTest {

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

    @Test
    void everyTypeOfMemberBecomesTheFileItDescribes() throws IOException {
        byte[] capability = {1, 0, 0, 2, (byte) 0x80, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        var tar = new TarBytes()
                .mode(01777)
                .owner(3, 4)
                .mtime(1_600_000_000L)
                .directory("./")
                .mode(02755)
                .directory("dir/")
                .mode(04711)
                .owner(1000, 70_000)
                .pax("mtime", "1234567890.123456789")
                .file("dir/suid", "x")
                .mode(0644)
                .owner(0, 0)
                .pax("SCHILY.xattr.security.capability", capability)
                .pax("SCHILY.xattr.user.note", "hello")
                .pax("SCHILY.xattr.trusted.overlay.redirect", "/etc")
                .file("dir/ping", "ping")
                .symlink("dir/link", "/etc/passwd")
                .hardLink("dir/hard", "/dir/ping")
                .mode(0620)
                .node('3', "null", 1, 3)
                .node('4', "disk", 259, 70_000)
                .node('6', "fifo", 0, 0)
                .pax("path", "dir/" + "n".repeat(200))
                .file("short", "long")
                .file("latin\uDCE4", "")
                .end();
        var layer = unpack(tar);
        try (var diff = RootedDir.open(layer.diff())) {
            assertEntry(diff.stat(""), Stat.DIRECTORY, 01777, 3, 4);
            assertEquals(1_600_000_000L, diff.stat("").mtimeSeconds());
            assertEntry(diff.stat("dir"), Stat.DIRECTORY, 02755, 3, 4);
            assertEquals(1_600_000_000L, diff.stat("dir").mtimeSeconds());
            assertEntry(diff.stat("dir/suid"), Stat.REGULAR, 04711, 1000, 70_000);
            assertEquals(1_234_567_890L, diff.stat("dir/suid").mtimeSeconds());
            assertEquals(123_456_789, diff.stat("dir/suid").mtimeNanos());
            assertEntry(diff.stat("dir/link"), Stat.LINK, 0777, 0, 0);
            assertEquals("/etc/passwd", diff.readlink("dir/link"));
            assertEquals(diff.stat("dir/ping").inode(), diff.stat("dir/hard").inode());
            assertEntry(diff.stat("null"), Stat.CHARACTER_DEVICE, 0620, 0, 0);
            assertEquals(Stat.device(1, 3), diff.stat("null").device());
            assertEquals(Stat.device(259, 70_000), diff.stat("disk").device());
            assertEntry(diff.stat("fifo"), Stat.FIFO, 0620, 0, 0);
            assertEquals(4, diff.stat("dir/" + "n".repeat(200)).size());
            assertTrue(diff.stat("latin\uDCE4").isRegular());
            var dir = diff.openDirectory("dir");
            assertArrayEquals(capability, At.attribute(dir, "ping", "security.capability"));
            assertArrayEquals("hello".getBytes(StandardCharsets.UTF_8), At.attribute(dir, "ping", "user.note"));
            assertNull(At.attribute(dir, "ping", "trusted.overlay.redirect"));
            dir.close();
        }
        assertEquals(List.of(), file(layer).implied());
    }

    @Test
    void whiteoutsBecomeThoseOfOverlayfs() throws IOException {
        var layer = unpack(new TarBytes()
                .file("a/.wh.gone", "")
                .file("b/.wh..wh..opq", "")
                .file("b/new", "x")
                .file("both/own", "x")
                .file(".wh.both", "")
                .file(".wh.first", "")
                .file("first/own", "x")
                .file("kept", "x")
                .file(".wh.kept", "")
                .file(".wh..wh.plnk/1.2", "")
                .end());
        assertEquals(List.of("a/gone"), file(layer).whiteouts());
        assertEquals(List.of("b", "both", "first"), file(layer).opaque());
        assertEquals(List.of("", "a", "b", "both", "first"), file(layer).implied());
        try (var diff = RootedDir.open(layer.diff())) {
            assertTrue(diff.stat("a/gone").isWhiteout());
            for (var opaque : file(layer).opaque()) {
                assertArrayEquals(new byte[] {'y'}, At.attribute(diff.root(), opaque, "trusted.overlay.opaque"));
            }
            assertEquals(1, diff.stat("kept").size());
            assertEquals(
                    List.of("a", "b", "both", "first", "kept"),
                    At.list(diff.root()).stream().map(At.Entry::name).sorted().toList());
        }
    }

    @Test
    void laterMembersReplaceEarlierOnes() throws IOException {
        var layer = unpack(new TarBytes()
                .file("f", "old")
                .file("f", "newer")
                .file("f2d", "x")
                .directory("f2d/")
                .file("f2d/in", "x")
                .directory("d2f/")
                .file("d2f/in", "x")
                .file("d2f/sub/in", "x")
                .file("d2f", "file")
                .symlink("l", "/etc")
                .file("l", "no link")
                .file("dev", "x")
                .node('3', "dev", 1, 3)
                .mode(0700)
                .directory("d/")
                .file("d/in", "x")
                .mode(0755)
                .directory("d/")
                .file("self", "self")
                .hardLink("self", "self")
                .end());
        try (var diff = RootedDir.open(layer.diff())) {
            assertEquals(5, diff.stat("f").size());
            assertTrue(diff.stat("f2d/in").isRegular());
            assertEquals("file", Files.readString(layer.diff().resolve("d2f")));
            assertTrue(diff.stat("l").isRegular());
            assertEquals(Stat.CHARACTER_DEVICE, diff.stat("dev").type());
            assertEquals(0755, diff.stat("d").permissions());
            assertTrue(diff.stat("d/in").isRegular());
            assertEquals("self", Files.readString(layer.diff().resolve("self")));
        }
        assertEquals(List.of(""), file(layer).implied());
    }

    @Test
    void linksOnTheWayAreResolvedInsideTheLayer() throws IOException {
        var layer = unpack(new TarBytes()
                .symlink("abs", "/real/dir")
                .file("abs/one", "1")
                .symlink("up", "../../../..")
                .file("up/two", "2")
                .symlink("a", "b")
                .symlink("b", "real")
                .file("a/three", "3")
                .file("/four", "4")
                .file("x/../five", "5")
                .symlink("real/rel", "../other")
                .directory("real/rel/sub/")
                .end());
        for (var file : List.of("real/dir/one", "two", "real/three", "four", "five", "other/sub")) {
            assertTrue(Files.exists(layer.diff().resolve(file)), file);
        }
        assertFalse(Files.exists(layer.diff().resolve("x")));
        assertEquals(List.of("", "other", "real", "real/dir"), file(layer).implied());
    }

    @Test
    void sparseFilesOfEachFormatKeepTheirHoles() throws IOException {
        var data = "DATA".getBytes(StandardCharsets.UTF_8);
        long offset = 1L << 30;
        long size = 2L << 30;
        var tar = new TarBytes();
        tar.pax("GNU.sparse.major", "1")
                .pax("GNU.sparse.minor", "0")
                .pax("GNU.sparse.name", "v1.0")
                .pax("GNU.sparse.realsize", "" + size);
        var map = new byte[512];
        var text = ("1\n" + offset + "\n4\n").getBytes(StandardCharsets.UTF_8);
        System.arraycopy(text, 0, map, 0, text.length);
        var content = new byte[516];
        System.arraycopy(data, 0, content, 512, 4);
        System.arraycopy(map, 0, content, 0, 512);
        tar.file("GNUSparseFile.0/v1.0", content);
        tar.pax("GNU.sparse.map", offset + ",4")
                .pax("GNU.sparse.size", "" + size)
                .pax("GNU.sparse.name", "v0.1")
                .file("x", data);
        var old = tar.header('S', "old", "", 4, 0, 0);
        TarBytes.octal(old, 386, 12, offset);
        TarBytes.octal(old, 398, 12, 4);
        TarBytes.octal(old, 483, 12, size);
        tar.raw(TarBytes.seal(old)).raw(data).pad();
        var layer = unpack(tar.end());
        for (var name : List.of("v1.0", "v0.1", "old")) {
            try (var diff = RootedDir.open(layer.diff());
                    var channel = Files.newByteChannel(layer.diff().resolve(name))) {
                assertEquals(size, diff.stat(name).size(), name);
                assertTrue(diff.stat(name).allocatedBytes() < 1 << 20, name);
                var read = ByteBuffer.allocate(4);
                channel.position(offset).read(read);
                assertArrayEquals(data, read.array(), name);
            }
        }
    }

    @Test
    void fileAbove8GibWithBinarySizeIsRead() throws IOException {
        long size = (9L << 30) + 3;
        var header = new TarBytes().header('0', "huge", "", 0, 0, 0);
        for (int i = 0; i < 12; i++) {
            header[124 + i] = i < 4 ? (byte) (i == 0 ? 0x80 : 0) : (byte) (size >>> (8 * (11 - i)));
        }
        TarBytes.seal(header);
        // the body fails before it is written: what counts is the size that was read
        var body = new SequenceInputStream(new ByteArrayInputStream(header), new FailingStream());
        var e = assertThrows(
                IOException.class, () -> storage.layers().unpack(digest(header), body, UnpackLimits.DEFAULT));
        assertEquals("the line was cut", e.getMessage());
        var refused = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> storage.layers()
                        .unpack(digest(header), stream(header), UnpackLimits.DEFAULT.withTotalBytes(1 << 20)));
        assertTrue(refused.getMessage().contains("huge: size " + size), refused.getMessage());
        assertNothingLeft();
    }

    @Test
    void bytesBehindTheEndOfTheArchiveCountForTheDigest() throws IOException {
        var tar = new TarBytes()
                .file("f", "x")
                .raw(new byte[1024])
                .raw("trailer, even odd".getBytes(StandardCharsets.UTF_8));
        var bytes = tar.raw(new byte[700_000]).bytes();
        assertTrue(Files.exists(unpack(bytes).diff().resolve("f")));
        var other = new TarBytes().file("f", "x").end();
        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> storage.layers().unpack(Digest.sha256(new byte[1]), stream(other), UnpackLimits.DEFAULT));
        assertTrue(e.getMessage().contains(digest(other).toString()), e.getMessage());
        assertEquals(1, storage.layers().list().size());
    }

    @Test
    void emptyArchivesAreLayers() throws IOException {
        assertEquals(List.of(""), file(unpack(new byte[0])).implied());
        assertEquals(List.of(""), file(unpack(new byte[512])).implied());
        assertEquals(List.of(""), file(unpack(new byte[10240])).implied());
    }

    @Test
    void concurrentUnpacksOfOneLayerReadOneStream() throws Exception {
        var tar = new TarBytes().file("f", new byte[3_000_000]).end();
        var reads = new AtomicInteger();
        Callable<Layer> unpack =
                () -> storage.layers().unpack(digest(tar), new CountingStream(tar, reads), UnpackLimits.DEFAULT);
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = pool.invokeAll(Collections.nCopies(8, unpack));
            for (var result : results) {
                assertSame(results.getFirst().get(), result.get());
            }
        }
        assertEquals(1, reads.get());
    }

    @Test
    void failureOfOneDoesNotFailTheOthersThatWait() throws Exception {
        var tar = new TarBytes().file("f", new byte[3_000_000]).end();
        var digest = digest(tar);
        var bad = Executors.newVirtualThreadPerTaskExecutor();
        try (bad) {
            var failing = bad.submit(() -> storage.layers()
                    .unpack(
                            digest,
                            new SequenceInputStream(new SlowStream(), new FailingStream()),
                            UnpackLimits.DEFAULT));
            Thread.sleep(20);
            assertTrue(Files.exists(storage.layers()
                    .unpack(digest, stream(tar), UnpackLimits.DEFAULT)
                    .diff()
                    .resolve("f")));
            assertThrows(Exception.class, failing::get);
        }
    }

    @Test
    void interruptCancelsAndLeavesNothing() throws Exception {
        var cancelled = new CompletableFuture<Throwable>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                storage.layers()
                        .unpack(
                                Digest.sha256(new byte[0]),
                                new EndlessZerosAfter(new TarBytes()
                                        .headerOnly('0', "f", "77777777777\0".getBytes(StandardCharsets.US_ASCII))
                                        .bytes()),
                                UnpackLimits.DEFAULT);
            } catch (Throwable e) {
                cancelled.complete(e);
            }
        });
        Thread.sleep(50);
        thread.interrupt();
        assertTrue(
                cancelled.get() instanceof CarafeException.Cancelled,
                () -> cancelled.join().toString());
        assertNothingLeft();
    }

    @Test
    void reopenedStoreKnowsItsLayersAndDropsWhatIsNone() throws IOException {
        var layer = unpack(new TarBytes()
                .file("a/\uDCFFb/f", "x")
                .file(".wh.\u00E4\uDCE4", "")
                .end());
        var damaged = unpack(new TarBytes().file("damaged", "x").end());
        Files.writeString(damaged.diff().resolveSibling("layer.json"), "{\"version\":1,");
        var layers = root.resolve("layers/sha256");
        Files.createDirectories(layers.resolve("not-a-digest/diff"));
        Files.createDirectories(layers.resolve("0".repeat(64)));
        Files.createDirectories(root.resolve("layers/.tmp/half/diff"));
        Files.writeString(root.resolve("layers/sha256/stray"), "");
        close();
        open();
        storage.close();
        assertEquals(List.of(layer), storage.layers().list());
        assertEquals(
                List.of("", "a", "a/\uDCFFb"),
                file(storage.layers().find(layer.diffId()).orElseThrow()).implied());
        assertNothingLeft();
        assertEquals(List.of(layer.diff().getParent()), children(layers));
        // a re-pull heals
        assertTrue(Files.exists(
                unpack(new TarBytes().file("damaged", "x").end()).diff().resolve("damaged")));
    }

    @Test
    void removedLayerIsGoneAndRemovingItAgainIsNoError() throws IOException {
        var layer = unpack(new TarBytes().file("f", "x").end());
        storage.layers().remove(layer.diffId());
        storage.layers().remove(layer.diffId());
        assertTrue(storage.layers().find(layer.diffId()).isEmpty());
        assertEquals(List.of(), children(root.resolve("layers/sha256")));
        assertNothingLeft();
    }

    @Test
    void usageCountsBlocksAndInodes() throws IOException {
        var layer = unpack(new TarBytes()
                .file("d/f", new byte[10_000])
                .hardLink("d/g", "d/f")
                .symlink("s", "x")
                .end());
        assertEquals(4, layer.usage().inodes());
        assertEquals(12_288 + 2 * 4096, layer.usage().bytes());
        assertEquals(layer.usage(), storage.usage().layers());
        assertTrue(storage.usage().availableBytes() > 0);
    }

    private Layer unpack(byte[] tar) throws IOException {
        return storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);
    }

    private static LayerFile file(Layer layer) throws IOException {
        return LayerFile.read(layer.diff().getParent(), layer.diffId());
    }

    private void assertNothingLeft() throws IOException {
        assertEquals(List.of(), children(root.resolve("layers/.tmp")));
        assertEquals(List.of(), children(root.resolve("trash")));
    }

    private static List<Path> children(Path directory) throws IOException {
        try (var children = Files.list(directory)) {
            return children.toList();
        }
    }

    private static void assertEntry(Stat stat, int type, int mode, int uid, int gid) {
        assertEquals(type, stat.type());
        assertEquals(Integer.toOctalString(mode), Integer.toOctalString(stat.permissions()));
        assertEquals(uid, stat.uid());
        assertEquals(gid, stat.gid());
    }

    @SuppressWarnings("InputStreamSlowMultibyteRead") // it fails at once
    private static final class FailingStream extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("the line was cut");
        }
    }

    @SuppressWarnings("InputStreamSlowMultibyteRead") // it is slow on purpose
    private static final class SlowStream extends InputStream {
        private int left = 5;

        @Override
        public int read() {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                return -1;
            }
            return left-- > 0 ? 0 : -1;
        }
    }

    private static final class EndlessZerosAfter extends InputStream {
        private final ByteArrayInputStream start;

        private EndlessZerosAfter(byte[] start) {
            this.start = new ByteArrayInputStream(start);
        }

        @Override
        public int read() {
            int next = start.read();
            return next < 0 ? 0 : next;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            int count = start.read(target, offset, length);
            return count < 0 ? length : count;
        }
    }

    /** Counts how many streams are read from at all. */
    private static final class CountingStream extends FilterInputStream {
        private final AtomicInteger count;
        private boolean counted;

        private CountingStream(byte[] content, AtomicInteger count) {
            super(new ByteArrayInputStream(content));
            this.count = count;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (!counted) {
                counted = true;
                count.incrementAndGet();
            }
            return super.read(target, offset, length);
        }
    }
}
