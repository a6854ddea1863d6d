package io.carafe.image.store;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that are there whole or not at all, whenever the machine stops: written beside, synced, renamed, synced. */
final class DurableFile {

    static final String TEMPORARY = ".tmp";

    private DurableFile() {}

    static void write(Path path, byte[] content) {
        var temporary = path.resolveSibling(
                path.getFileName() + "." + Thread.currentThread().threadId() + TEMPORARY);
        try {
            try (var file = FileChannel.open(
                    temporary,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                for (var buffer = ByteBuffer.wrap(content); buffer.hasRemaining(); ) {
                    file.write(buffer);
                }
                file.force(true);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(path.getParent());
        } catch (IOException e) {
            discard(temporary);
            throw failure("write " + path, e);
        }
    }

    static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
            sync(path.getParent());
        } catch (IOException e) {
            throw failure("delete " + path, e);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void discard(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // the store sweeps it when it is opened
        }
    }

    static CarafeException failure(String action, IOException e) {
        var text = String.valueOf(e.getMessage());
        if (e instanceof java.nio.channels.ClosedByInterruptException) {
            return new CarafeException.Cancelled(action + ": the caller cancelled it");
        }
        if (text.contains("No space left") || text.contains("quota exceeded")) {
            return new CarafeException.ResourceExhausted(action + ": no space left on the image store's disk", e);
        }
        return CarafeException.of(action, e);
    }
}
