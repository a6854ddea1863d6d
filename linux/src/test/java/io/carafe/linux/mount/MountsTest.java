package io.carafe.linux.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class MountsTest {

    @TempDir
    Path temporary;

    private Path dir;

    @BeforeEach
    void mountPrivateTmpfs() throws IOException {
        dir = Files.createDirectory(temporary.resolve("fs"));
        Mounts.mount("tmpfs", "tmpfs", dir, EnumSet.of(MountFlag.NO_DEV), "size=16m");
        Mounts.propagation(dir, Propagation.PRIVATE, false);
    }

    @AfterEach
    void unmount() throws IOException {
        Mounts.unmountAll(dir);
        assertEquals(List.of(), MountInfo.below(dir));
    }

    @Test
    void unmountAllTakesStackedAndNestedAndBusyMounts() throws IOException {
        var inner = Files.createDirectories(dir.resolve("a b/c"));
        Mounts.mount("tmpfs", "tmpfs", inner, Set.of(), null);
        Mounts.mount("tmpfs", "tmpfs", inner, Set.of(), null);
        Mounts.bind(inner, Files.createDirectory(dir.resolve("bound")), false);
        try (var busy = Files.newOutputStream(inner.resolve("open"))) {
            busy.write(1);
            assertEquals(4, Mounts.unmountAll(dir));
        }
        assertEquals(0, Mounts.unmountAll(dir));
    }

    @Test
    void remountMakesABindReadOnlyAndLeavesItsOrigin() throws IOException {
        var source = Files.createDirectory(dir.resolve("source"));
        var target = Files.createDirectory(dir.resolve("target"));
        Mounts.bind(source, target, true);
        Mounts.remount(target, EnumSet.of(MountFlag.READ_ONLY, MountFlag.NO_SUID));
        assertThrows(IOException.class, () -> Files.createFile(target.resolve("x")));
        Files.createFile(source.resolve("x"));
        var mount = MountInfo.below(target).getFirst();
        assertTrue(mount.readOnly());
        assertTrue(mount.options().contains("nosuid"));
    }

    @Test
    void errorNamesCallPathAndReason() {
        var missing = dir.resolve("missing");
        var e = assertThrows(SyscallException.class, () -> Mounts.bind(dir, missing, false));
        assertEquals(Errno.ENOENT, e.errno());
        assertTrue(e.getMessage().contains(missing.toString()), e.getMessage());
    }

    @Test
    void overlayOf200LayersMountsByEitherWay() throws IOException {
        var lowers = new ArrayList<Path>();
        for (int i = 0; i < 200; i++) {
            var layer = Files.createDirectories(dir.resolve("layer-with-a-name-long-enough-to-fill-the-page-" + i));
            Files.writeString(layer.resolve("top"), "" + i);
            Files.writeString(layer.resolve("file-" + i), "");
            lowers.addFirst(layer);
        }
        var overlay = new OverlayMount(lowers, subdirectory("upper"), subdirectory("work"), false);
        var merged = subdirectory("merged");
        overlay.mount(merged);
        checkMerged(merged);
        Mounts.unmount(merged);
        overlay.mountByOptions(merged);
        checkMerged(merged);
    }

    @Test
    void overlayTakesPathsWithSpecialCharactersByEitherWay() throws IOException {
        var lower = subdirectory("l:o,w\\er");
        Files.writeString(lower.resolve("file"), "x");
        var overlay = new OverlayMount(List.of(lower), subdirectory("u:p,p"), subdirectory("w:o\\rk"), true);
        var merged = subdirectory("merged");
        overlay.mount(merged);
        assertTrue(Files.exists(merged.resolve("file")));
        Mounts.unmount(merged);
        Files.delete(dir.resolve("w:o\\rk/work/incompat/volatile/dirty"));
        Files.delete(dir.resolve("w:o\\rk/work/incompat/volatile"));
        overlay.mountByOptions(merged);
        assertTrue(Files.exists(merged.resolve("file")));
    }

    @Test
    void readOnlyOverlayOfTwoLayers() throws IOException {
        var merged = subdirectory("merged");
        OverlayMount.readOnly(List.of(subdirectory("a"), subdirectory("b"))).mount(merged);
        assertThrows(IOException.class, () -> Files.createFile(merged.resolve("x")));
        assertTrue(MountInfo.below(merged).getFirst().readOnly());
    }

    @Test
    void overlaySaysWhyTheKernelRefused() throws IOException {
        var overlay = new OverlayMount(List.of(dir.resolve("missing")), subdirectory("u"), subdirectory("w"), false);
        var e = assertThrows(SyscallException.class, () -> overlay.mount(subdirectory("merged")));
        assertTrue(e.getMessage().contains("missing"), e.getMessage());
    }

    private void checkMerged(Path merged) throws IOException {
        assertEquals("199", Files.readString(merged.resolve("top")));
        assertTrue(Files.exists(merged.resolve("file-0")));
        Files.writeString(merged.resolve("written"), "");
        assertFalse(Files.exists(dir.resolve("layer-with-a-name-long-enough-to-fill-the-page-199/written")));
    }

    private Path subdirectory(String name) throws IOException {
        return Files.createDirectories(dir.resolve(name));
    }
}
