package io.carafe.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All files of a container, as its user sees them; GNU tar reads what is written. */
@Tag("root")
class ExportTest extends TmpfsStorage {

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void namesOfOneFileStayNamesOfOneFile(Storage.Kind kind) throws Exception {
        open(kind);
        var layers = List.of(layer(new TarBytes()
                .file("low/a", "low")
                .hardLink("low/b", "low/a")
                .file("parted/a", "low")
                .hardLink("parted/b", "parted/a")));
        storage.snapshots().prepare("c", layers, WRITABLE);
        var merged = storage.snapshots().mount("c");
        Files.createLink(merged.resolve("b"), Files.writeString(merged.resolve("a"), "high"));
        Files.delete(merged.resolve("parted/a"));
        Files.writeString(merged.resolve("parted/a"), "another file now");

        var out = exported("c");

        for (var directory : List.of("low", ".")) {
            assertEquals(inode(out.resolve(directory, "a")), inode(out.resolve(directory, "b")), directory);
        }
        assertNotEquals(inode(out.resolve("parted/a")), inode(out.resolve("parted/b")));
        assertEquals("another file now", Files.readString(out.resolve("parted/a")));
        assertEquals("low", Files.readString(out.resolve("parted/b")));
        assertEquals("high", Files.readString(out.resolve("b")));
    }

    private Path exported(String key) throws Exception {
        var file = temporary.resolve("files.tar");
        try (var tar = new TarWriter(Files.newOutputStream(file))) {
            storage.snapshots().writeFiles(key, tar);
        }
        var out = Files.createDirectory(temporary.resolve("out"));
        var process = new ProcessBuilder("tar", "-xpf", file.toString(), "-C", out.toString())
                .redirectErrorStream(true)
                .start();
        assertEquals("", new String(process.getInputStream().readAllBytes(), UTF_8));
        assertEquals(0, process.waitFor());
        return out;
    }

    private static Object inode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino");
    }
}
