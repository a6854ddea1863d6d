package io.carafe.image.store;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is there whole or not at all, whenever the machine stops: written beside its place and synced, which is where
 * a full disk shows, and later put there in one step.
 */
final class DurableFile implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");

    static final String TEMPORARY = ".tmp";

    private final Path path;
    private final Path temporary;

    private DurableFile(Path path) {
        this.path = path;
        this.temporary = path.resolveSibling(
                path.getFileName() + "." + Thread.currentThread().threadId() + TEMPORARY);
    }

    static void write(Path path, byte[] content) {
        try (var file = stage(path, content)) {
            file.publish();
        }
    }

    /** As {@link #write}, but after a power failure the old content, or none at all, may be there. */
    static void writeSoon(Path path, byte[] content) {
        try (var file = new DurableFile(path)) {
            Files.write(file.temporary, content);
            file.move();
        } catch (IOException e) {
            throw failure("write " + path, e);
        }
    }

    /** Writes what is to be in {@code path}; nothing is seen of it until {@link #publish}. */
    static DurableFile stage(Path path, byte[] content) {
        var file = new DurableFile(path);
        try (var channel = FileChannel.open(
                file.temporary,
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            for (var buffer = ByteBuffer.wrap(content); buffer.hasRemaining(); ) {
                channel.write(buffer);
            }
            channel.force(true);
            return file;
        } catch (IOException e) {
            file.close();
            throw failure("write " + path, e);
        }
    }

    void publish() {
        try {
            move();
            sync(path.getParent());
        } catch (IOException e) {
            throw failure("write " + path, e);
        }
    }

    private void move() throws IOException {
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** What was not published goes. */
    @Override
    public void close() {
        discard(temporary);
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

    /** Deletes what nothing needs any more; what stays, the store sweeps when it is opened. */
    static void discard(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "delete {0}: {1}", path, e.getMessage());
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
