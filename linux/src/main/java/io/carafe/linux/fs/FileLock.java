package io.carafe.linux.fs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A lock that one process at a time has, and that goes when the process does, however it ends: flock(2) on a file. The
 * file stays; it holds the process id of the last owner, for people.
 */
public final class FileLock implements AutoCloseable {

    private final OpenFile file;

    private FileLock(OpenFile file) {
        this.file = file;
    }

    /** Takes the lock, or returns nothing if another process, or another part of this one, has it. */
    public static Optional<FileLock> tryAcquire(Path path) throws IOException {
        var file = OpenFile.open(path, OpenFlags.READ_WRITE | OpenFlags.CREATE, 0600);
        boolean taken = false;
        try {
            taken = file.tryLock();
            if (!taken) {
                return Optional.empty();
            }
            file.truncate(0);
            file.write((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII));
            return Optional.of(new FileLock(file));
        } finally {
            if (!taken) {
                file.close();
            }
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
