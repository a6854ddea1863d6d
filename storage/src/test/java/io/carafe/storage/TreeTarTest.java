package io.carafe.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.Stat;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What TreeTar writes, GNU tar reads. */
class TreeTarTest {

    private static final String LONG = "d".repeat(90) + "/" + "ü".repeat(80);

    @TempDir
    Path temp;

    @Test
    void gnuTarUnpacksTheSameTree() throws Exception {
        var tree = Files.createDirectories(temp.resolve("tree"));
        Files.createDirectories(tree.resolve(LONG).getParent());
        Files.writeString(tree.resolve(LONG), "long name");
        Files.write(tree.resolve("big"), new byte[200_000]);
        Files.setPosixFilePermissions(tree.resolve("big"), PosixFilePermissions.fromString("rwxr-x---"));
        Files.createSymbolicLink(tree.resolve("link"), Path.of("x".repeat(150)));
        Files.createDirectory(tree.resolve("empty"));
        run("mkfifo", tree.resolve("fifo").toString());

        assertEquals(List.of(), write(tree));

        var out = Files.createDirectory(temp.resolve("out"));
        run("tar", "-xpf", temp.resolve("tree.tar").toString(), "-C", out.toString());
        assertEquals("", run("diff", "-r", "--no-dereference", "--exclude=fifo", tree.toString(), out.toString()));
        assertEquals(
                Files.getPosixFilePermissions(tree.resolve("big")), Files.getPosixFilePermissions(out.resolve("big")));
        assertEquals(
                Files.getLastModifiedTime(tree.resolve("big")).toMillis() / 1000,
                Files.getLastModifiedTime(out.resolve("big")).toMillis() / 1000);
        assertTrue(Files.exists(out.resolve("fifo")));
    }

    @Test
    void filesWithSeveralNamesKeepThem() throws Exception {
        var tree = Files.createDirectories(temp.resolve("tree"));
        var first = Files.write(tree.resolve("a"), new byte[100_000]);
        Files.createLink(Files.createDirectory(tree.resolve("b")).resolve("same"), first);
        Files.createLink(tree.resolve("c"), first);
        Files.write(tree.resolve("alone"), new byte[10]);
        run("ln", "-s", "a", tree.resolve("symbolic").toString());
        run("ln", tree.resolve("symbolic").toString(), tree.resolve("symbolic2").toString());

        write(tree);

        assertTrue(Files.size(temp.resolve("tree.tar")) < 120_000, "the content is there once");
        var out = Files.createDirectory(temp.resolve("out"));
        run("tar", "-xpf", temp.resolve("tree.tar").toString(), "-C", out.toString());
        var inode = Files.getAttribute(out.resolve("a"), "unix:ino");
        assertEquals(inode, Files.getAttribute(out.resolve("b/same"), "unix:ino"));
        assertEquals(inode, Files.getAttribute(out.resolve("c"), "unix:ino"));
        assertEquals(3, Files.getAttribute(out.resolve("c"), "unix:nlink"));
        assertEquals(1, Files.getAttribute(out.resolve("alone"), "unix:nlink"));
        assertEquals(Path.of("a"), Files.readSymbolicLink(out.resolve("symbolic2")));
    }

    @Test
    @Tag("root")
    void deletionsOfOverlayfsAreToldAndItsAttributesAreNot() throws Exception {
        var tree = Files.createDirectories(temp.resolve("tree/gone"));
        try (var top = OpenFile.openDirectory(temp.resolve("tree"));
                var gone = OpenFile.openDirectory(tree)) {
            At.mknod(gone, "file", Stat.CHARACTER_DEVICE, 0);
            At.mkdir(top, "opaque", 0755);
            At.setAttribute(top, "opaque", "trusted.overlay.opaque", new byte[] {'y'});
            At.setAttribute(top, "opaque", "user.kept", "value".getBytes(UTF_8));
        }

        assertEquals(List.of("gone/file"), write(temp.resolve("tree")));

        var out = Files.createDirectory(temp.resolve("out"));
        run(
                "tar",
                "--xattrs",
                "--xattrs-include=*",
                "-xf",
                temp.resolve("tree.tar").toString(),
                "-C",
                out.toString());
        try (var unpacked = OpenFile.openDirectory(out)) {
            assertEquals("value", new String(At.attribute(unpacked, "opaque", "user.kept"), UTF_8));
            assertEquals(List.of("user.kept"), At.attributes(unpacked, "opaque"));
        }
        assertTrue(Files.exists(out.resolve("opaque/.wh..wh..opq")));
    }

    private List<String> write(Path tree) throws IOException {
        try (var tar = new TarWriter(Files.newOutputStream(temp.resolve("tree.tar")));
                var directory = OpenFile.openDirectory(tree)) {
            return TreeTar.write(directory, "", tar);
        }
    }

    private static String run(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }
}
