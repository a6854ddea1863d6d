package io.carafe.daemon.e2e;

import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** An image of the host's static busybox. */
final class Busybox {

    private static final List<String> COMMANDS = List.of("sh", "sleep", "cat", "echo", "true", "false", "nc", "ls");

    private Busybox() {}

    static TestImages.Made image() throws IOException {
        return TestImages.image(TestImages.layer(archive(), Packing.GZIP));
    }

    /** A tar archive with {@code bin/busybox} and links to it. */
    static byte[] archive() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            for (var directory : List.of("bin/", "etc/", "proc/", "sys/", "dev/", "tmp/")) {
                entry(tar, new TarArchiveEntry(directory), 0755, new byte[0]);
            }
            entry(tar, new TarArchiveEntry("bin/busybox"), 0755, Files.readAllBytes(Path.of("/bin/busybox")));
            var passwd = "root:x:0:0::/:/bin/sh\n".getBytes(StandardCharsets.UTF_8);
            entry(tar, new TarArchiveEntry("etc/passwd"), 0644, passwd);
            for (var command : COMMANDS) {
                var link = new TarArchiveEntry("bin/" + command, TarConstants.LF_SYMLINK);
                link.setLinkName("busybox");
                entry(tar, link, 0777, new byte[0]);
            }
        }
        return bytes.toByteArray();
    }

    static void entry(TarArchiveOutputStream tar, TarArchiveEntry entry, int mode, byte[] content) throws IOException {
        entry.setMode(mode);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }
}
