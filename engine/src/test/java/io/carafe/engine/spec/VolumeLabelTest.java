package io.carafe.engine.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.mount.Mounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A kernel without SELinux keeps the attribute as it keeps any other. */
@Tag("root")
class VolumeLabelTest {

    private static final String LABEL = "system_u:object_r:container_file_t:s0:c1,c2";

    @TempDir
    Path temp;

    @Test
    void allOfAVolumeIsLabelledAndNothingBehindALinkOrAMount() throws IOException {
        var volume = Files.createDirectories(temp.resolve("volume"));
        Files.writeString(Files.createDirectories(volume.resolve("a/b")).resolve("f"), "x");
        var outside = Files.createDirectories(temp.resolve("outside"));
        Files.writeString(outside.resolve("f"), "x");
        Files.createSymbolicLink(volume.resolve("link"), outside);
        var mounted = Files.createDirectory(volume.resolve("mounted"));
        Mounts.mount("tmpfs", "tmpfs", mounted, Set.of(), "size=64k");
        try {
            Files.writeString(mounted.resolve("f"), "x");

            VolumeLabel.give(volume, LABEL);

            for (var path : List.of("", "a", "a/b", "a/b/f", "link")) {
                assertEquals(LABEL, label(volume.resolve(path)), path);
            }
            assertEquals("", label(outside));
            assertEquals("", label(outside.resolve("f")));
            assertEquals("", label(mounted.resolve("f")));
        } finally {
            Mounts.unmount(mounted);
        }
    }

    @Test
    void aSingleFileCanBeAVolume() throws IOException {
        var file = Files.writeString(temp.resolve("f"), "x");
        VolumeLabel.give(file, LABEL);
        assertEquals(LABEL, label(file));
    }

    @Test
    void directoriesOfTheNodeAreRefused() {
        for (var path : List.of("/", "/etc", "/usr", "/var/lib")) {
            assertThrows(InvalidArgument.class, () -> VolumeLabel.give(Path.of(path), LABEL), path);
        }
    }

    private static String label(Path path) throws IOException {
        try (var parent = OpenFile.openDirectory(path.getParent())) {
            var name = path.getFileName().toString();
            return At.attributes(parent, name).contains("security.selinux")
                    ? new String(At.attribute(parent, name, "security.selinux"), StandardCharsets.UTF_8)
                    : "";
        }
    }
}
