package io.carafe.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.Stat;
import io.carafe.oci.Digest;
import io.carafe.storage.tar.TarWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a container changes is told exactly, and as a layer it gives the same files again. */
@Tag("root")
class ChangesTest extends TmpfsStorage {

    private List<Digest> layers() throws IOException {
        return new ArrayList<>(List.of(
                layer(new TarBytes()
                        .directory("etc")
                        .file("etc/passwd", "root")
                        .file("etc/group", "root")
                        .directory("gone")
                        .file("gone/a", "a")
                        .file("gone/b", "b")
                        .directory("again")
                        .file("again/old", "old")
                        .file("again/both", "old")
                        .file("file-to-dir", "x")
                        .directory("dir-to-file")
                        .file("dir-to-file/f", "x")
                        .directory("moved")
                        .file("moved/f", "x")
                        .mode(0700)
                        .owner(3, 4)
                        .directory("deep")
                        .directory("deep/er")
                        .mode(0644)
                        .file("deep/er/f", "x")
                        .symlink("link", "etc")
                        .file("same", "x")),
                layer(new TarBytes().file("deep/er/g", "implied here").file("etc/.wh.group", ""))));
    }

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void whatAContainerDoesIsToldAndMakesALayer(Storage.Kind kind) throws IOException {
        open(kind);
        var layers = layers();
        storage.snapshots().prepare("c", layers, WRITABLE);
        assertEquals(List.of(), storage.snapshots().changes("c", Set.of()), "nothing was done yet");
        var merged = storage.snapshots().mount("c");
        assertEquals(List.of(), storage.snapshots().changes("c", Set.of()));

        work(merged);

        var told = storage.snapshots().changes("c", Set.of("proc", "etc/hosts", "run/secrets")).stream()
                .map(Change::toString)
                .toList();
        assertEquals(
                List.of(
                        "C /again",
                        "C /again/both",
                        "A /again/new",
                        "D /again/old",
                        "A /device",
                        "C /dir-to-file",
                        "C /etc",
                        "A /etc/group",
                        "C /etc/passwd",
                        "C /file-to-dir",
                        "A /file-to-dir/inside",
                        "D /gone",
                        "C /link",
                        "D /moved",
                        "A /moved-away",
                        "A /moved-away/f",
                        "A /new",
                        "A /new/empty",
                        "A /new/one",
                        "A /new/other",
                        "A /new/pipe",
                        "A /new/socket"),
                told);

        var layer = committed("c", Set.of("proc", "etc/hosts", "run/secrets"));
        layers.add(layer);
        storage.snapshots().prepare("again", layers, WRITABLE);
        var second = storage.snapshots().mount("again");
        for (var made : List.of("proc", "run/secrets", "run", "etc/hosts")) {
            Files.delete(merged.resolve(made));
        }
        var expected = tree(merged).entrySet();
        var found = tree(second).entrySet();
        assertEquals(
                List.of(),
                expected.stream().filter(file -> !found.contains(file)).toList(),
                "is not there again");
        assertEquals(expected.size(), found.size());
        assertEquals(
                Files.getAttribute(second.resolve("new/one"), "unix:ino"),
                Files.getAttribute(second.resolve("new/other"), "unix:ino"));
        assertEquals(
                told.subList(0, told.size() - 1), // a layer has no sockets
                storage.layers().changes(layers).stream().map(Change::toString).toList());
    }

    /** What a shell in a container might do. */
    private static void work(Path files) throws IOException {
        Files.writeString(files.resolve("etc/passwd"), "root and others");
        Files.writeString(files.resolve("etc/group"), "new");
        delete(files.resolve("gone"));
        delete(files.resolve("again"));
        Files.createDirectory(files.resolve("again"));
        Files.writeString(files.resolve("again/both"), "new");
        Files.writeString(files.resolve("again/new"), "new");
        Files.delete(files.resolve("file-to-dir"));
        Files.createDirectory(files.resolve("file-to-dir"));
        Files.writeString(files.resolve("file-to-dir/inside"), "x");
        delete(files.resolve("dir-to-file"));
        Files.writeString(files.resolve("dir-to-file"), "x");
        // rename(2) of a directory of the image fails with EXDEV, and mv copies
        Files.createDirectory(files.resolve("moved-away"));
        Files.writeString(files.resolve("moved-away/f"), "x");
        delete(files.resolve("moved"));
        Files.delete(files.resolve("link"));
        Files.createSymbolicLink(files.resolve("link"), Path.of("/new"));
        Files.createDirectory(files.resolve("new"));
        Files.createDirectory(
                files.resolve("new/empty"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(files.resolve("new/one"), "linked");
        Files.createLink(files.resolve("new/other"), files.resolve("new/one"));
        Files.setAttribute(files.resolve("new/one"), "unix:mode", 04750);
        Files.getFileAttributeView(files.resolve("new/one"), UserDefinedFileAttributeView.class)
                .write("note", StandardCharsets.UTF_8.encode("kept"));
        Files.setLastModifiedTime(files.resolve("new/one"), FileTime.fromMillis(1_600_000_000_000L));
        try (var directory = OpenFile.openDirectory(files)) {
            At.mknod(directory, "device", Stat.CHARACTER_DEVICE | 0600, Stat.device(1, 3));
        }
        try (var directory = OpenFile.openDirectory(files.resolve("new"))) {
            At.mknod(directory, "pipe", Stat.FIFO | 0644, 0);
            At.mknod(directory, "socket", Stat.SOCKET | 0644, 0);
        }
        // mount points, as a runtime makes them
        Files.createDirectory(files.resolve("proc"));
        Files.createDirectories(files.resolve("run/secrets"));
        Files.createFile(files.resolve("etc/hosts"));
    }

    @Test
    void openedFilesAndChangedModesCount() throws IOException {
        open(Storage.Kind.OVERLAY);
        storage.snapshots().prepare("c", layers(), WRITABLE);
        var merged = storage.snapshots().mount("c");
        Files.setPosixFilePermissions(merged.resolve("deep/er"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(merged, PosixFilePermissions.fromString("rwxr-x---"));
        assertEquals(
                "[C /, C /deep, C /deep/er]",
                storage.snapshots().changes("c", Set.of()).toString());
    }

    private Digest committed(String key, Set<String> mountPoints) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarWriter(bytes)) {
            storage.snapshots().writeLayer(key, mountPoints, tar);
        }
        return unpack(bytes.toByteArray());
    }

    private static void delete(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** All that a layer can say of each file. */
    private static Map<String, String> tree(Path top) throws IOException {
        var tree = new TreeMap<String, String>();
        try (var files = Files.walk(top)) {
            for (var file : files.toList()) {
                var stat = Files.readAttributes(
                        file, "unix:mode,uid,gid,rdev,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
                int type = (int) stat.get("mode") & Stat.TYPE_MASK;
                if (type == Stat.SOCKET || file.equals(top)) {
                    continue;
                }
                var content = type == Stat.REGULAR ? Files.readString(file) : "";
                var link = type == Stat.LINK ? Files.readSymbolicLink(file).toString() : "";
                var attributes = type == Stat.REGULAR
                        ? Files.getFileAttributeView(file, UserDefinedFileAttributeView.class)
                                .list()
                        : List.of();
                tree.put(
                        top.relativize(file).toString(),
                        "%o %s:%s %s %s '%s' '%s' %s"
                                .formatted(
                                        (int) stat.get("mode"),
                                        stat.get("uid"),
                                        stat.get("gid"),
                                        stat.get("rdev"),
                                        // making and deleting mount points gave these another time
                                        type == Stat.DIRECTORY
                                                ? ""
                                                : ((FileTime) stat.get("lastModifiedTime")).toMillis() / 1000,
                                        content,
                                        link,
                                        attributes));
            }
        }
        return tree;
    }
}
