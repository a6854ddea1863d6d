package io.carafe.storage;

import static io.carafe.storage.TarBytes.digest;
import static io.carafe.storage.TarBytes.stream;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import io.carafe.linux.mount.MountInfo;
import io.carafe.linux.mount.Mounts;
import io.carafe.linux.process.IdMap;
import io.carafe.linux.process.IdMap.Range;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Snapshots whose owners are those of a user namespace. */
@Tag("root")
class SnapshotOwnersTest {

    private static final int ROOT = 100_000;
    private static final IdMap IDS =
            new IdMap(List.of(new Range(0, ROOT, 1000)), List.of(new Range(0, 2 * ROOT, 1000)));

    @TempDir
    Path temporary;

    private Path root;
    private Process inside;

    @BeforeEach
    void makeStoreAndUserNamespace() throws Exception {
        root = Files.createDirectory(temporary.resolve("fs"));
        Mounts.mount("tmpfs", "tmpfs", root, Set.of(), "size=64m");
        inside = new ProcessBuilder("unshare", "--user", "sh", "-c", "echo made; exec sleep 600").start();
        assertEquals("made", inside.inputReader().readLine());
        map("uid_map", IDS.uids());
        map("gid_map", IDS.gids());
    }

    @AfterEach
    void clean() throws IOException {
        inside.destroyForcibly();
        Mounts.unmountAll(root);
        assertEquals(List.of(), MountInfo.below(temporary));
    }

    private void map(String file, List<Range> ranges) throws IOException {
        Files.writeString(
                Path.of("/proc/" + inside.pid() + "/" + file),
                IdMap.text(ranges).replace(':', ' '));
    }

    private Snapshot.Options owned() {
        var namespace = Path.of("/proc/" + inside.pid() + "/ns/user");
        return Snapshot.Options.DEFAULT.withOwners(new Snapshot.Owners(IDS, namespace));
    }

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void filesOfTheImageBelongToTheUserNamespaceAndTheLayerStaysAsItIs(Storage.Kind kind) throws IOException {
        try (var storage = Storage.open(root, kind)) {
            var bottom = layer(
                    storage,
                    new TarBytes()
                            .mode(0750)
                            .owner(7, 8)
                            .directory("d")
                            .owner(0, 0)
                            .file("d/f", "x")
                            .mode(06755)
                            .file("su", "")
                            .node('3', "null", 1, 3));
            // one that has d only because of what is in it, and an owner who is nobody there
            var top = layer(
                    storage,
                    new TarBytes().owner(5, 6).file("d/g", "y").owner(5000, 0).file("stranger", ""));
            storage.snapshots().prepare("c", List.of(bottom, top), owned());
            var merged = storage.snapshots().mount("c");
            assertEquals(merged, storage.snapshots().mount("c"));

            try (var tree = RootedDir.open(merged)) {
                assertOwner(tree, "", ROOT, 2 * ROOT);
                assertOwner(tree, "d", ROOT + 7, 2 * ROOT + 8);
                assertEquals(0750, tree.stat("d").permissions());
                assertOwner(tree, "d/f", ROOT, 2 * ROOT);
                assertOwner(tree, "d/g", ROOT + 5, 2 * ROOT + 6);
                assertEquals(65_534, tree.stat("stranger").uid());
                // whose rights it gives are those of the namespace's root, and none on the host
                assertOwner(tree, "su", ROOT, 2 * ROOT);
                assertEquals(06755, tree.stat("su").permissions());
                assertEquals(Stat.CHARACTER_DEVICE, tree.stat("null").type());
            }
            try (var layer =
                    RootedDir.open(storage.layers().find(bottom).orElseThrow().diff())) {
                assertOwner(layer, "d/f", 0, 0);
            }
            assertEquals("x", asRoot("cat " + merged + "/d/f; echo z >> " + merged + "/d/f; touch " + merged + "/new"));
            try (var tree = RootedDir.open(merged)) {
                assertOwner(tree, "d/f", ROOT, 2 * ROOT);
                assertOwner(tree, "new", ROOT, 2 * ROOT);
            }
            storage.snapshots().unmount("c");
            assertTrue(Files.exists(storage.snapshots().mount("c").resolve("new")));
            storage.snapshots().remove("c");
            assertEquals(1, MountInfo.below(root).size());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void readOnlyOnesAreMappedAsAWhole(Storage.Kind kind) throws IOException {
        try (var storage = Storage.open(root, kind)) {
            var layer = layer(storage, new TarBytes().owner(1, 2).file("f", "x"));
            storage.snapshots().prepare("v", List.of(layer), owned().withReadOnly(true));
            storage.snapshots().prepare("none", List.of(), owned().withReadOnly(true));
            var merged = storage.snapshots().mount("v");
            try (var tree = RootedDir.open(merged);
                    var empty = RootedDir.open(storage.snapshots().mount("none"))) {
                assertOwner(tree, "", ROOT, 2 * ROOT);
                assertOwner(tree, "f", ROOT + 1, 2 * ROOT + 2);
                assertOwner(empty, "", ROOT, 2 * ROOT);
            }
            assertThrows(IOException.class, () -> Files.writeString(merged.resolve("g"), "x"));
            storage.snapshots().remove("v");
            storage.snapshots().remove("none");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void onlyTheOwnersRootFindsTheWayToASnapshot(Storage.Kind kind) throws Exception {
        try (var storage = Storage.open(root, kind)) {
            storage.snapshots().prepare("theirs", List.of(), owned());
            storage.snapshots().prepare("nodes", List.of(), Snapshot.Options.DEFAULT);
            assertEquals("", asRoot("cd " + storage.snapshots().mount("theirs") + " && pwd >/dev/null"));
            assertTrue(asRoot("cd " + storage.snapshots().mount("nodes")).contains("can't cd"));
            storage.snapshots().remove("theirs");
            storage.snapshots().remove("nodes");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void aUserNamespaceThatIsGoneIsAnErrorAndNothingStaysMounted(Storage.Kind kind) throws IOException {
        try (var storage = Storage.open(root, kind)) {
            var gone = new Snapshot.Owners(IDS, temporary.resolve("gone"));
            storage.snapshots().prepare("c", List.of(), Snapshot.Options.DEFAULT.withOwners(gone));
            var e = assertThrows(
                    CarafeException.class, () -> storage.snapshots().mount("c"));
            assertTrue(e.getMessage().contains("gone"), e.getMessage());
            storage.snapshots().remove("c");
            assertEquals(1, MountInfo.below(root).size());
        }
    }

    private static void assertOwner(RootedDir tree, String path, int uid, int gid) throws IOException {
        var stat = tree.stat(path);
        assertEquals(uid + ":" + gid, stat.uid() + ":" + stat.gid(), path);
    }

    /** What a shell says that is root of the user namespace. */
    private String asRoot(String script) throws IOException {
        // the directory that JUnit made is for root of the node alone
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwx--x--x"));
        var shell = new ProcessBuilder(
                        "nsenter",
                        "--user=/proc/" + inside.pid() + "/ns/user",
                        "--setuid=0",
                        "--setgid=0",
                        "sh",
                        "-c",
                        script)
                .redirectErrorStream(true)
                .start();
        return new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private static Digest layer(Storage storage, TarBytes tar) throws IOException {
        var bytes = tar.end();
        return storage.layers()
                .unpack(digest(bytes), stream(bytes), UnpackLimits.DEFAULT)
                .diffId();
    }
}
