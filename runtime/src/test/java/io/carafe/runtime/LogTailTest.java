package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {

    private static final String NOISE = "(00.000001) pie: everything is fine, and said at length\n".repeat(40_000);

    @TempDir
    Path directory;

    @Test
    void ofALongLogTheEndIsRead() throws IOException {
        var log = Files.writeString(directory.resolve("log"), NOISE + "{\"level\":\"error\",\"msg\":\"it broke\"}\n");
        assertTrue(Files.size(log) > 2 * LogTail.MAX_BYTES);
        assertEquals(LogTail.MAX_BYTES, LogTail.read(log).length());
        assertEquals("it broke", RuntimeMessages.lastError(log));
    }

    @Test
    void criusErrorsAreFoundInIt() throws IOException {
        var log = Files.writeString(
                directory.resolve("dump.log"),
                NOISE + "(00.564407) Error (criu/files-reg.c:1790): Can't lookup mount=27\n");
        assertEquals("Can't lookup mount=27", CriuLog.reason(log));
    }
}
