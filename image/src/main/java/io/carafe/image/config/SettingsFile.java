package io.carafe.image.config;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files that people write for Carafe to go by, read with a bound: whatever lies there by mistake or malice, memory does not
 * pay for it.
 */
public final class SettingsFile {

    /** More than any such file in use has: the largest policies and lists of mirrors are a few hundred kilobytes. */
    public static final int MAX_SIZE = 4 << 20;

    private SettingsFile() {}

    /** @param what names the file in the error: {@code "policy /etc/containers/policy.json"} */
    public static byte[] read(Path file, String what) throws IOException {
        return read(file, MAX_SIZE, what);
    }

    /**
     * @throws CarafeException.FailedPrecondition if there are more than {@code maxBytes}, of which no more are read
     * @throws java.nio.file.NoSuchFileException if it is not there
     */
    public static byte[] read(Path file, int maxBytes, String what) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var content = in.readNBytes(maxBytes + 1);
            if (content.length > maxBytes) {
                throw new CarafeException.FailedPrecondition(
                        what + ": it has more than " + maxBytes + " bytes, so it cannot be what it should");
            }
            return content;
        }
    }
}
