package io.carafe.daemon;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.linux.fs.FileLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Keeps a second daemon off a directory. */
final class InstanceLock {

    private InstanceLock() {}

    /** @throws FailedPrecondition if another daemon has it */
    static FileLock take(Path directory) {
        var path = directory.resolve("lock");
        try {
            Files.createDirectories(directory);
            var lock = FileLock.tryAcquire(path);
            if (lock.isEmpty()) {
                throw new FailedPrecondition(
                        "another carafed (pid " + Files.readString(path).strip() + ") uses " + directory
                                + "; stop it, or give this one its own --root and --run-root");
            }
            return lock.get();
        } catch (IOException e) {
            throw CarafeException.of("lock " + path, e);
        }
    }
}
