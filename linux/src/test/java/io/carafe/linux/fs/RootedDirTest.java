package io.carafe.linux.fs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootedDirTest {

    @TempDir
    Path temporary;

    private Path inside;
    private Path outside;
    private RootedDir root;

    @BeforeEach
    void makeRootWithSecretBesideIt() throws IOException {
        inside = Files.createDirectory(temporary.resolve("root"));
        outside = Files.writeString(temporary.resolve("secret"), "secret");
        root = RootedDir.open(inside);
    }

    @AfterEach
    void close() {
        root.close();
    }

    @Test
    void dotDotAndAbsolutePathsStayInside() throws IOException {
        Files.createDirectory(inside.resolve("d"));
        assertErrno(Errno.ENOENT, () -> root.open("../secret", OpenFlags.READ, 0));
        assertErrno(Errno.ENOENT, () -> root.open("d/../../secret", OpenFlags.READ, 0));
        assertErrno(Errno.ENOENT, () -> root.open(outside.toString(), OpenFlags.READ, 0));
        root.write("/d/../../x", new byte[] {1}, 0600);
        assertTrue(Files.exists(inside.resolve("x")));
    }

    @Test
    void linksLeadToInsideOnly() throws IOException {
        Files.createSymbolicLink(inside.resolve("up"), Path.of("../../.."));
        Files.createSymbolicLink(inside.resolve("abs"), temporary);
        Files.createSymbolicLink(inside.resolve("file"), outside);
        root.mkdirs("up/a/b", 0700);
        assertTrue(Files.isDirectory(inside.resolve("a/b")));
        assertErrno(Errno.ENOENT, () -> root.open("abs/secret", OpenFlags.READ, 0));
        root.write("file", new byte[] {2}, 0600);
        assertTrue(Files.isRegularFile(inside.resolve("file"), LinkOption.NOFOLLOW_LINKS));
        assertEquals("secret", Files.readString(outside));
        assertErrno(Errno.ELOOP, () -> root.openWithoutLinks("up/a", OpenFlags.PATH, 0));
    }

    @Test
    void magicLinksAreRefused() throws IOException {
        try (var proc = RootedDir.open(Path.of("/proc/self"))) {
            assertErrno(Errno.ELOOP, () -> proc.open("cwd", OpenFlags.PATH, 0));
        }
    }

    @Test
    void removeTreeDoesNotFollowLinks() throws IOException {
        root.mkdirs("a/b/c", 0700);
        Files.createSymbolicLink(inside.resolve("a/b/out"), temporary);
        root.removeTree("a");
        assertNull(root.statIfThere("a"));
        assertTrue(Files.exists(outside));
        root.removeTree("a");
        root.removeTree("no/such/parent");
    }

    @Test
    void removeTreeTakesATreeDeeperThanDescriptorsGo() throws IOException {
        root.mkdir("deep", 0700);
        var dir = root.openDirectory("deep");
        for (int i = 0; i < 3000; i++) {
            At.mkdir(dir, "d", 0700);
            var next = At.openDirectory(dir, "d");
            dir.close();
            dir = next;
        }
        dir.close();
        root.removeTree("deep");
        assertNull(root.statIfThere("deep"));
    }

    @Test
    void listsMoreNamesThanOneBufferTakes() throws IOException {
        root.mkdir("many", 0700);
        try (var many = root.openDirectory("many")) {
            for (int i = 0; i < 3000; i++) {
                At.symlink("nowhere", many, "link-with-a-rather-long-name-" + i);
            }
            var names = At.list(many);
            assertEquals(3000, names.size());
            assertTrue(names.stream().allMatch(entry -> entry.type() == Stat.LINK));
        }
    }

    @Test
    void statTellsWhatWasSet() throws IOException {
        root.write("f", new byte[] {1, 2, 3, 4, 5}, 0640);
        try (var file = root.open("f", OpenFlags.READ_WRITE, 0)) {
            file.times(1_000_000_000L, 123_456_789);
            file.setAttribute("user.note", new byte[] {0, (byte) 0x80, 3});
            var stat = file.stat();
            assertEquals(0640, stat.permissions());
            assertEquals(5, stat.size());
            assertEquals(1_000_000_000L, stat.mtimeSeconds());
            assertEquals(123_456_789, stat.mtimeNanos());
            assertTrue(stat.isRegular());
            assertArrayEquals(new byte[] {0, (byte) 0x80, 3}, file.attribute("user.note"));
            assertNull(file.attribute("user.other"));
            assertArrayEquals(new byte[] {0, (byte) 0x80, 3}, At.attribute(root.root(), "f", "user.note"));
            assertTrue(At.attributes(root.root(), "f").contains("user.note"));
        }
        assertTrue(root.root().space().availableBytes() > 0);
    }

    @Test
    void namesWithRawBytesAndTooLongOnes() throws IOException {
        root.mkdir("raw\uDCFF", 0700);
        assertEquals("raw\uDCFF", At.list(root.root()).getFirst().name());
        assertErrno(Errno.ENAMETOOLONG, () -> root.stat("x".repeat(5000)));
        assertErrno(Errno.ENAMETOOLONG, () -> root.mkdir("x".repeat(256), 0700));
        assertErrno(Errno.EINVAL, () -> root.stat("a\0b"));
        assertErrno(Errno.EINVAL, () -> root.mkdir("..", 0700));
    }

    @Test
    void treeUsageCountsAHardLinkedFileOnce() throws IOException {
        root.mkdir("t", 0700);
        root.write("t/f", new byte[100_000], 0600);
        try (var tree = root.openDirectory("t")) {
            var before = TreeUsage.of(tree);
            At.link(tree, "f", tree, "g");
            assertEquals(before, TreeUsage.of(tree));
            assertEquals(2, before.inodes());
            assertTrue(before.bytes() >= 100_000);
        }
    }

    @Test
    void lockIsHeldByOneOnly() throws IOException {
        var path = inside.resolve("lock");
        try (var _ = FileLock.tryAcquire(path).orElseThrow()) {
            assertTrue(FileLock.tryAcquire(path).isEmpty());
            assertEquals(ProcessHandle.current().pid() + "\n", Files.readString(path));
        }
        FileLock.tryAcquire(path).orElseThrow().close();
    }

    @Test
    void deviceNumbersAreEncodedAsTheCLibraryDoes() {
        assertEquals(0x103, Stat.device(1, 3));
        assertEquals((0x12L << 20) | (0x345L << 8) | 0x67, Stat.device(0x345, 0x1267));
    }

    private interface Call {
        void run() throws IOException;
    }

    private static void assertErrno(int errno, Call call) {
        var e = assertThrows(SyscallException.class, call::run);
        assertEquals(errno, e.errno(), e.getMessage());
    }
}
