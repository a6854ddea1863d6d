package io.carafe.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives that GNU tar writes in each of its formats become the very tree that they were made of. */
@Tag("root")
class GnuTarTest {

    @TempDir
    Path temporary;

    private Path origin;
    private Storage storage;

    @BeforeEach
    void makeTree() throws IOException {
        storage = Storage.open(temporary.resolve("store"), Storage.Kind.AUTO);
        origin = Files.createDirectory(temporary.resolve("origin"));
        try (var root = RootedDir.open(origin)) {
            root.mkdirs("bin/long-".concat("x".repeat(120)), 0755);
            root.mkdirs("etc/empty", 0700);
            root.write("bin/tool", new byte[300_001], 0755);
            root.write("bin/suid", new byte[] {1}, 04755);
            root.write("etc/own\u00E9", new byte[] {2}, 0640);
            root.write("bin/long-" + "x".repeat(120) + "/" + "y".repeat(90), new byte[1], 0644);
            root.symlink("../" + "z".repeat(150), "etc/far");
            try (var file = root.open("etc/own\u00E9", OpenFlags.WRITE, 0);
                    var bin = root.openDirectory("bin")) {
                file.chown(1234, 70_000);
                At.link(bin, "tool", bin, "tool-too");
                At.mknod(root.root(), "fifo", Stat.FIFO | 0600, 0);
                At.mknod(root.root(), "zero", Stat.CHARACTER_DEVICE | 0666, Stat.device(1, 5));
            }
            makeSparse(root);
        }
    }

    @AfterEach
    void close() {
        storage.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--format=gnu --sparse",
                "--format=gnu",
                "--format=posix --xattrs --sparse --sparse-version=0.0",
                "--format=posix --xattrs --sparse --sparse-version=0.1",
                "--format=posix --xattrs --sparse --sparse-version=1.0",
                "--format=oldgnu --sparse"
            })
    void isUnpackedAsItWas(String options) throws Exception {
        var archive = temporary.resolve("layer.tar");
        var command = new ArrayList<>(List.of("tar", "--numeric-owner", "-C", origin.toString()));
        Collections.addAll(command, options.split(" "));
        command.addAll(List.of("-cf", archive.toString(), "."));
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
        var digest = Digest.of(sha256(archive));
        Layer layer;
        try (var stream = Files.newInputStream(archive)) {
            layer = storage.layers().unpack(digest, stream, UnpackLimits.DEFAULT);
        }
        boolean posix = options.contains("posix");
        assertEquals(describe(origin, posix), describe(layer.diff(), posix));
        if (options.contains("--sparse")) {
            try (var diff = RootedDir.open(layer.diff())) {
                assertTrue(diff.stat("sparse").allocatedBytes() < 2 << 20, diff.stat("sparse")::toString);
            }
        }
    }

    /** 30 pieces, more than the four of an old GNU header and the 21 of its first extension. */
    private static void makeSparse(RootedDir root) throws IOException {
        root.touch("sparse", 0644);
        try (var file = root.open("sparse", OpenFlags.WRITE, 0);
                var arena = Arena.ofConfined()) {
            var piece = arena.allocateFrom("a piece of data");
            for (int i = 0; i < 30; i++) {
                file.writeAt(i * 1_000_000L, piece, piece.byteSize());
            }
            file.truncate(64 << 20);
            file.setAttribute("user.binary", new byte[] {0, (byte) 0xFF, '\n', '='});
        }
    }

    /** Every path with all that an archive keeps of it; GNU's own formats keep no fractions of seconds and no attributes. */
    private static Map<String, List<Object>> describe(Path tree, boolean posix) throws IOException {
        var all = new TreeMap<String, List<Object>>();
        try (var root = OpenFile.openDirectory(tree)) {
            describe(root, "", posix, all);
        }
        return all;
    }

    private static void describe(OpenFile directory, String path, boolean posix, Map<String, List<Object>> all)
            throws IOException {
        for (var entry : At.list(directory)) {
            var name = entry.name();
            var stat = At.stat(directory, name);
            var facts = new ArrayList<Object>(List.of(
                    Integer.toOctalString(stat.mode()), stat.uid(), stat.gid(), stat.mtimeSeconds(), stat.device()));
            facts.add(posix ? stat.mtimeNanos() : 0);
            facts.add(stat.isDirectory() ? 0 : stat.links());
            facts.add(stat.isLink() ? At.readlink(directory, name) : "");
            facts.add(posix ? Arrays.toString(At.attribute(directory, name, "user.binary")) : "");
            if (stat.isRegular()) {
                facts.add(HexFormat.of().formatHex(sha256(directory.path().resolve(name))));
            }
            all.put(path + "/" + name, facts);
            if (stat.isDirectory()) {
                try (var child = At.openDirectory(directory, name)) {
                    describe(child, path + "/" + name, posix, all);
                }
            }
        }
    }

    private static byte[] sha256(Path file) throws IOException {
        var hasher = Digest.sha256();
        try (var stream = Files.newInputStream(file)) {
            var buffer = new byte[1 << 16];
            for (int count = stream.read(buffer); count > 0; count = stream.read(buffer)) {
                hasher.update(buffer, 0, count);
            }
        }
        return hasher.digest();
    }
}
