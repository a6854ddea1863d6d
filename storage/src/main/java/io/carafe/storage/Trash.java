package io.carafe.storage;

import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.RootedDir;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where directories go before they are deleted. The rename makes a layer or a snapshot disappear at one stroke, whatever
 * happens during the deletion; what a crash left here is deleted in the background after the next start.
 */
final class Trash implements AutoCloseable {

    private static final Logger LOG = System.getLogger("io.carafe.storage");

    private final Path directory;
    private final AtomicLong counter = new AtomicLong(System.nanoTime());
    private Thread cleaner;

    Trash(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    /** Takes a directory out of the way and deletes it; one that is not there is no error. */
    void delete(Path path) throws IOException {
        var moved = move(path);
        if (moved != null) {
            delete(moved.getFileName().toString());
        }
    }

    /** Takes a directory out of the way; {@link #emptyInBackground} deletes it. Null if it was not there. */
    Path move(Path path) throws IOException {
        var target = directory.resolve(Long.toString(counter.incrementAndGet()));
        try {
            return Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Starts to delete all that is here now. */
    synchronized void emptyInBackground() throws IOException {
        var left = directory.toFile().list();
        if (left == null || left.length == 0) {
            return;
        }
        cleaner = Thread.ofPlatform().daemon().name("storage-trash").start(() -> {
            for (var name : left) {
                try {
                    delete(name);
                } catch (IOException e) {
                    LOG.log(Level.WARNING, "delete leftover {0}: {1}", directory.resolve(name), e.getMessage());
                }
            }
        });
    }

    /** Waits for the deletion that {@link #emptyInBackground} has started. */
    @Override
    public synchronized void close() {
        try {
            if (cleaner != null) {
                cleaner.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the next start deletes the rest
        }
    }

    private void delete(String name) throws IOException {
        try (var parent = OpenFile.openDirectory(directory)) {
            RootedDir.removeTree(parent, name);
        }
    }
}
