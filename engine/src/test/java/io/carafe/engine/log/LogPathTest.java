package io.carafe.engine.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogPathTest {

    @TempDir
    Path temp;

    @Test
    void fileIsMadeBelowThePodsDirectory() throws IOException {
        var path = LogPath.create(pod(temp.resolve("pod").toString()), container("app/0.log"));

        assertEquals(Optional.of(temp.resolve("pod/app/0.log")), path);
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(path.get())));
    }

    @Test
    void aContainerWithoutPathKeepsNoLog() {
        assertEquals(Optional.empty(), LogPath.create(pod(temp.toString()), container("")));
        assertEquals(Optional.empty(), LogPath.create(pod(""), container("x")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../../x", "/etc/x", ".", "a\0b"})
    void pathsThatLeaveTheDirectoryAreRefused(String path) {
        assertThrows(CarafeException.InvalidArgument.class, () -> LogPath.of(pod(temp.toString()), container(path)));
    }

    @Test
    void linksAreNotFollowed() throws IOException {
        Files.createDirectory(temp.resolve("pod"));
        Files.createDirectory(temp.resolve("outside"));
        Files.createSymbolicLink(temp.resolve("pod/dir"), temp.resolve("outside"));
        Files.createSymbolicLink(temp.resolve("pod/file"), temp.resolve("outside/file"));
        var pod = pod(temp.resolve("pod").toString());

        assertThrows(CarafeException.FailedPrecondition.class, () -> LogPath.create(pod, container("file")));
        assertThrows(CarafeException.FailedPrecondition.class, () -> LogPath.create(pod, container("dir/0.log")));
        assertFalse(Files.exists(temp.resolve("outside/0.log")));
        assertFalse(Files.exists(temp.resolve("outside/file")));
    }

    private static PodConfig pod(String logDirectory) {
        return new PodConfig(
                new PodName("p", "n", "u", 0),
                "",
                logDirectory,
                null,
                List.of(),
                Map.of(),
                Map.of(),
                "",
                Map.of(),
                null,
                "",
                null,
                null);
    }

    private static ContainerConfig container(String logPath) {
        return new ContainerConfig(
                new ContainerName("c", 0),
                "i",
                "",
                List.of(),
                List.of(),
                "",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                logPath,
                false,
                false,
                false,
                "",
                null,
                null);
    }
}
