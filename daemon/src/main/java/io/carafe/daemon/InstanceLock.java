package io.carafe.daemon;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.FailedPrecondition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a second daemon off a directory. The kernel drops the lock with the process, so nothing is stale after a kill;
 * the file holds the owner's pid for the message only.
 */
final class InstanceLock implements AutoCloseable {

    private final FileChannel file;

    private InstanceLock(FileChannel file) {
        this.file = file;
    }

    /** @throws FailedPrecondition if another daemon has it */
    static InstanceLock take(Path directory) {
        var path = directory.resolve("lock");
        try {
            Files.createDirectories(directory);
            var file = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (file.tryLock() == null) {
                var owner = Files.readString(path).strip();
                file.close();
                throw new FailedPrecondition("another carafed (pid " + owner + ") uses " + directory
                        + "; stop it, or give this one its own --root and --run-root");
            }
            file.truncate(0);
            file.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
            return new InstanceLock(file);
        } catch (IOException e) {
            throw CarafeException.of("lock " + path, e);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw CarafeException.of("unlock", e);
        }
    }
}
