package io.carafe.image.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.auth.CredentialStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SettingsFileTest {

    @TempDir
    Path directory;

    @Test
    void aFileMayHaveAsManyBytesAsAreAllowedAndNoMore() throws IOException {
        var file = directory.resolve("file");
        Files.write(file, new byte[] {1, 2, 3});
        assertArrayEquals(new byte[] {1, 2, 3}, SettingsFile.read(file, 3, "the file"));
        var e = assertThrows(CarafeException.FailedPrecondition.class, () -> SettingsFile.read(file, 2, "the file"));
        assertTrue(e.getMessage().startsWith("the file: it has more than 2 bytes"), e.getMessage());
    }

    /** What has no end is noticed too, and a size that a file system does not tell. */
    @Test
    void whateverGoesByAFileOfTheNodeIsNotFlooded() throws IOException {
        assertRefused(endless("policy.json"), Policy::load);
        assertRefused(endless("registries.conf"), RegistriesFile::load);
        Files.createDirectories(directory.resolve("other.conf.d"));
        assertRefused(
                endless("other.conf.d/10-mirrors.conf"), _ -> RegistriesFile.load(directory.resolve("other.conf")));
        assertRefused(endless("registries.d/default.yaml"), file -> RegistriesDirectory.load(file.getParent()));
        assertRefused(endless("key.gpg"), file -> new KeySource.InFile(file).read());
        assertRefused(
                endless("auth.json"),
                file -> new CredentialStore(List.of(file), List.of())
                        .find(Reference.parse("quay.io/a"), RegistriesConf.DEFAULT, Deadline.none()));
    }

    private Path endless(String name) throws IOException {
        var link = directory.resolve(name);
        Files.createDirectories(link.getParent());
        return Files.createSymbolicLink(link, Path.of("/dev/zero"));
    }

    private interface Reader {
        Object read(Path file);
    }

    private static void assertRefused(Path file, Reader reader) {
        var e = assertThrows(CarafeException.FailedPrecondition.class, () -> reader.read(file));
        assertTrue(e.getMessage().contains(file.getFileName() + ": it has more than"), e.getMessage());
    }
}
