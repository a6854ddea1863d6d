package io.carafe.storage;

import static io.carafe.storage.TarBytes.digest;
import static io.carafe.storage.TarBytes.stream;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.mount.MountFlag;
import io.carafe.linux.mount.MountInfo;
import io.carafe.linux.mount.Mounts;
import io.carafe.linux.mount.OverlayMount;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("root")
class SnapshotterTest extends TmpfsStorage {

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void showsTheLayersAsOneTree(Storage.Kind kind) throws IOException {
        open(kind);
        var layers = List.of(
                layer(new TarBytes()
                        .mode(0750)
                        .owner(5, 6)
                        .directory("./")
                        .mode(01777)
                        .directory("tmp")
                        .mode(0700)
                        .directory("a")
                        .directory("a/b")
                        .mode(0644)
                        .owner(0, 0)
                        .file("a/b/low", "low")
                        .file("gone", "x")
                        .file("dir/gone", "x")
                        .file("replaced", "old")
                        .file("opaque/hidden", "x")
                        .hardLink("hard", "gone")
                        .symlink("link", "a")),
                layer(new TarBytes()
                        .file(".wh.gone", "")
                        .file(".wh.dir", "")
                        .file("replaced", "new")
                        .file("opaque/.wh..wh..opq", "")
                        .file("opaque/shown", "x")),
                layer(new TarBytes().file("a/b/high", "high").file("tmp/f", "x").file("fresh/f", "x")));
        var snapshot = storage.snapshots().prepare("c1", layers, WRITABLE);
        assertEquals(snapshot, storage.snapshots().prepare("c1", layers, WRITABLE));
        var merged = storage.snapshots().mount("c1");
        assertEquals(merged, storage.snapshots().mount("c1"));

        assertEquals(List.of("a", "fresh", "hard", "link", "opaque", "replaced", "tmp"), names(merged));
        assertEquals(List.of("high", "low"), names(merged.resolve("a/b")));
        assertEquals(List.of("shown"), names(merged.resolve("opaque")));
        assertEquals("new", Files.readString(merged.resolve("replaced")));
        try (var tree = RootedDir.open(merged)) {
            assertEquals(0750, tree.stat("").permissions());
            assertEquals(5, tree.stat("").uid());
            assertEquals(01777, tree.stat("tmp").permissions());
            assertEquals(0700, tree.stat("a").permissions());
            assertEquals(6, tree.stat("a/b").gid());
            assertEquals(1_700_000_000L, tree.stat("a/b").mtimeSeconds());
            assertEquals(0755, tree.stat("fresh").permissions());
        }
        var before = storage.snapshots().usage("c1");
        Files.write(merged.resolve("written"), new byte[100_000]);
        Files.delete(merged.resolve("replaced"));
        var after = storage.snapshots().usage("c1");
        assertTrue(after.bytes() - before.bytes() > 80_000, after.toString());
        storage.snapshots().unmount("c1");
        storage.snapshots().unmount("c1");
        assertTrue(Files.exists(storage.snapshots().mount("c1").resolve("written")));
        removeTwice("c1");
        assertNothingLeft();
    }

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void snapshotsDoNotSeeEachOtherAndKeepTheirLayers(Storage.Kind kind) throws IOException {
        open(kind);
        var layer = layer(new TarBytes().file("f", "x"));
        storage.snapshots().prepare("a", List.of(layer), WRITABLE);
        storage.snapshots().prepare("b", List.of(layer), WRITABLE);
        Files.writeString(storage.snapshots().mount("a").resolve("f"), "of a");
        assertEquals("x", Files.readString(storage.snapshots().mount("b").resolve("f")));
        var e = assertThrows(
                CarafeException.FailedPrecondition.class, () -> storage.layers().remove(layer));
        assertTrue(e.getMessage().contains("snapshot "), e.getMessage());
        removeTwice("a");
        assertThrows(
                CarafeException.FailedPrecondition.class, () -> storage.layers().remove(layer));
        removeTwice("b");
        storage.layers().remove(layer);
        assertNothingLeft();
    }

    @ParameterizedTest
    @EnumSource(
            value = Storage.Kind.class,
            names = {"OVERLAY", "COPY"})
    void imagesWithoutLayersAndReadOnlySnapshotsWork(Storage.Kind kind) throws IOException {
        open(kind);
        var readOnly = WRITABLE.withReadOnly(true);
        var layer = layer(new TarBytes().file("f", "x"));
        storage.snapshots().prepare("none", List.of(), WRITABLE);
        storage.snapshots().prepare("none-ro", List.of(), readOnly);
        storage.snapshots().prepare("one-ro", List.of(layer), readOnly);
        Files.writeString(storage.snapshots().mount("none").resolve("f"), "x");
        assertEquals(List.of(), names(storage.snapshots().mount("none-ro")));
        var merged = storage.snapshots().mount("one-ro");
        assertEquals(merged, storage.snapshots().mount("one-ro"));
        assertEquals("x", Files.readString(merged.resolve("f")));
        assertThrows(IOException.class, () -> Files.writeString(merged.resolve("g"), "x"));
        for (var key : List.of("none", "none-ro", "one-ro")) {
            removeTwice(key);
        }
        assertNothingLeft();
    }

    @Test
    void keysLayersAndOptionsAreChecked() throws IOException {
        open(Storage.Kind.OVERLAY);
        var snapshots = storage.snapshots();
        for (var key : List.of("", ".", "..", ".tmp", "a/b", "../x", "a\0", "k".repeat(201))) {
            assertThrows(CarafeException.InvalidArgument.class, () -> snapshots.prepare(key, List.of(), WRITABLE));
            assertThrows(CarafeException.InvalidArgument.class, () -> snapshots.remove(key));
        }
        assertThrows(CarafeException.NotFound.class, () -> snapshots.mount("unknown"));
        assertThrows(CarafeException.NotFound.class, () -> snapshots.usage("unknown"));
        var missing = Digest.sha256(new byte[1]);
        assertThrows(CarafeException.NotFound.class, () -> snapshots.prepare("k", List.of(missing), WRITABLE));
        snapshots.prepare("k", List.of(), WRITABLE);
        assertThrows(
                CarafeException.AlreadyExists.class,
                () -> snapshots.prepare("k", List.of(), WRITABLE.withReadOnly(true)));
        snapshots.remove("k");
        assertNothingLeft();
    }

    @Test
    void imageOf200LayersMounts() throws IOException {
        open(Storage.Kind.OVERLAY);
        var layers = new ArrayList<Digest>();
        for (int i = 0; i < 200; i++) {
            layers.add(layer(new TarBytes().file("top", "" + i).file("f" + i, "")));
        }
        layers.add(layers.get(7)); // the same layer again, as builders make of empty ones
        storage.snapshots().prepare("many", layers, WRITABLE);
        var merged = storage.snapshots().mount("many");
        assertEquals("7", Files.readString(merged.resolve("top")));
        assertEquals(201, names(merged).size());
        removeTwice("many");
    }

    @Test
    void busySnapshotIsRemovedLazily() throws IOException {
        open(Storage.Kind.OVERLAY);
        storage.snapshots().prepare("busy", List.of(), WRITABLE);
        var merged = storage.snapshots().mount("busy");
        Mounts.mount("proc", "proc", Files.createDirectory(merged.resolve("proc")), Set.of(MountFlag.NO_EXEC), null);
        try (var open = Files.newOutputStream(merged.resolve("open"))) {
            open.write(1);
            storage.snapshots().remove("busy");
        }
        assertNothingLeft();
    }

    @Test
    void reopenedStoreKnowsSnapshotsAndDropsHalfMadeOnes() throws IOException {
        open(Storage.Kind.OVERLAY);
        var layer = layer(new TarBytes().file("f", "x"));
        var kept = storage.snapshots().prepare("kept", List.of(layer), WRITABLE);
        var merged = storage.snapshots().mount("kept");
        storage.snapshots().prepare("damaged", List.of(layer), WRITABLE);
        storage.snapshots().mount("damaged");
        Files.writeString(root.resolve("snapshots/damaged/snapshot.json"), "{\"key\":\"dama");
        Files.createDirectories(root.resolve("snapshots/.tmp/half/upper"));
        storage.close();
        open(Storage.Kind.OVERLAY);
        assertEquals(List.of(kept), storage.snapshots().list());
        assertEquals("x", Files.readString(merged.resolve("f")));
        assertThrows(
                CarafeException.FailedPrecondition.class, () -> storage.layers().remove(layer));
        removeTwice("kept");
        storage.layers().remove(layer);
        storage.close();
        assertNothingLeft();
    }

    @Test
    void volatileSnapshotMountsAgainUntilTheMachineRestarts() throws IOException {
        open(Storage.Kind.OVERLAY);
        storage.snapshots().prepare("v", List.of(), WRITABLE.withVolatileWrites(true));
        var merged = storage.snapshots().mount("v");
        assertTrue(MountInfo.below(merged).getFirst().superOptions().stream()
                .anyMatch(option -> option.endsWith("volatile")));
        Files.writeString(merged.resolve("f"), "x");
        storage.snapshots().unmount("v");
        assertEquals("x", Files.readString(storage.snapshots().mount("v").resolve("f")));
        storage.snapshots().unmount("v");
        Files.writeString(root.resolve("snapshots/v/boot"), "another boot");
        var e = assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> storage.snapshots().mount("v"));
        assertTrue(e.getMessage().contains("restarted"), e.getMessage());
        removeTwice("v");
        assertNothingLeft();
    }

    @Test
    void onAnOverlayCopiesAreMadeAndWhiteoutsStillHide() throws IOException {
        for (var part : List.of("lower", "upper", "work", "merged")) {
            Files.createDirectory(root.resolve(part));
        }
        var ground = root.resolve("merged");
        new OverlayMount(List.of(root.resolve("lower")), root.resolve("upper"), root.resolve("work"), false)
                .mount(ground);
        try (var inner = Storage.open(ground.resolve("store"), Storage.Kind.AUTO)) {
            assertInstanceOf(CopySnapshotter.class, inner.snapshots());
            assertThrows(
                    CarafeException.FailedPrecondition.class,
                    () -> Storage.open(ground.resolve("store"), Storage.Kind.OVERLAY));
            var layers = new ArrayList<Digest>();
            for (var tar : List.of(
                    new TarBytes()
                            .file("gone", "x")
                            .file("opaque/hidden", "x")
                            .file("f", "x")
                            .end(),
                    new TarBytes()
                            .file(".wh.gone", "")
                            .file("opaque/.wh..wh..opq", "")
                            .file(".wh.f", "")
                            .file("f/now-a-directory", "x")
                            .end())) {
                layers.add(inner.layers()
                        .unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT)
                        .diffId());
            }
            inner.snapshots().prepare("c", layers, WRITABLE);
            var rootfs = inner.snapshots().mount("c");
            assertEquals(List.of("f", "opaque"), names(rootfs));
            assertEquals(List.of(), names(rootfs.resolve("opaque")));
            assertEquals(List.of("now-a-directory"), names(rootfs.resolve("f")));
            inner.snapshots().remove("c");
        }
    }

    @Test
    void fullDiskIsSaidAndTheStoreIsAsBefore() throws IOException {
        open(Storage.Kind.OVERLAY);
        var small = layer(new TarBytes().file("f", "x"));
        var before = storage.usage().availableBytes();
        var tar = new TarBytes().file("d/big", new byte[70 << 20]).end();
        var e = assertThrows(
                CarafeException.ResourceExhausted.class,
                () -> storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT));
        assertTrue(e.getMessage().contains("d/big") && e.getMessage().contains("no space left"), e.getMessage());
        assertEquals(before, storage.usage().availableBytes());
        assertEquals(
                List.of(small),
                storage.layers().list().stream().map(Layer::diffId).toList());
        storage.snapshots().prepare("c", List.of(small), WRITABLE);
        removeTwice("c");
        assertNothingLeft();
    }

    @Test
    void manyThreadsPrepareMountAndRemove() throws Exception {
        open(Storage.Kind.OVERLAY);
        var layer = layer(new TarBytes().file("f", "x"));
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Void>>();
            for (int i = 0; i < 60; i++) {
                var key = "k" + i % 20; // three threads to a key
                tasks.add(() -> {
                    storage.snapshots().prepare(key, List.of(layer), WRITABLE);
                    try {
                        storage.snapshots().mount(key);
                    } catch (CarafeException.NotFound removedMeanwhile) {
                        // by another of the three
                    }
                    storage.snapshots().remove(key);
                    return null;
                });
            }
            for (var done : pool.invokeAll(tasks)) {
                done.get();
            }
        }
        assertEquals(List.of(), storage.snapshots().list());
        storage.layers().remove(layer);
        assertNothingLeft();
    }

    private void removeTwice(String key) {
        storage.snapshots().remove(key);
        storage.snapshots().remove(key);
        assertTrue(storage.snapshots().find(key).isEmpty());
    }

    private void assertNothingLeft() throws IOException {
        assertEquals(1, MountInfo.below(root).size());
        assertEquals(List.of(".tmp"), names(root.resolve("snapshots")));
        assertEquals(List.of(), names(root.resolve("snapshots/.tmp")));
        assertEquals(List.of(), names(root.resolve("trash")));
        assertFalse(Files.exists(root.resolve("layers/.tmp/probe")));
    }

    private static List<String> names(Path directory) throws IOException {
        try (var children = Files.list(directory)) {
            return children.map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void damagedLayerIsReplacedUnderAMountedSnapshot() throws IOException {
        open(Storage.Kind.OVERLAY);
        var tar = new TarBytes().file("a", "right").file("b", "also").end();
        var layer = storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);
        var _ = storage.snapshots().prepare("c1", List.of(digest(tar)), WRITABLE);
        var merged = storage.snapshots().mount("c1");
        Files.writeString(layer.diff().resolve("a"), "wrong");
        assertTrue(storage.layers().check(digest(tar)).isPresent());

        var repaired = storage.layers().replace(digest(tar), stream(tar), UnpackLimits.DEFAULT);

        assertEquals(layer.diff(), repaired.diff());
        assertEquals("right", Files.readString(repaired.diff().resolve("a")));
        assertEquals(Optional.empty(), storage.layers().check(digest(tar)));
        assertEquals("also", Files.readString(merged.resolve("b")), "the running container's files are gone");
        assertEquals(1, names(root.resolve("layers/.retired")).size());

        open(Storage.Kind.OVERLAY); // as after a crash
        assertEquals("also", Files.readString(merged.resolve("b")));
        storage.snapshots().unmount("c1");
        assertEquals("right", Files.readString(storage.snapshots().mount("c1").resolve("a")));
        storage.snapshots().remove("c1");
        assertEquals(List.of(), names(root.resolve("layers/.retired")));
    }

    @Test
    void unreadableLayerIsSetAsideUnderAMountedSnapshot() throws IOException {
        open(Storage.Kind.OVERLAY);
        var tar = new TarBytes().file("a", "right").end();
        var layer = storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);
        var _ = storage.snapshots().prepare("c1", List.of(digest(tar)), WRITABLE);
        var merged = storage.snapshots().mount("c1");
        Files.writeString(layer.diff().resolveSibling("layer.json"), "{");

        open(Storage.Kind.OVERLAY); // as after a crash

        assertEquals(Optional.empty(), storage.layers().find(digest(tar)));
        assertEquals("right", Files.readString(merged.resolve("a")), "the running container's files are gone");
        var _ = storage.layers().unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT);
        assertEquals(Optional.empty(), storage.layers().check(digest(tar)));
        assertEquals("right", Files.readString(merged.resolve("a")));
        storage.snapshots().remove("c1");
        assertEquals(List.of(), names(root.resolve("layers/.retired")));
    }
}
