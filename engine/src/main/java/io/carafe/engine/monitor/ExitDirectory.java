package io.carafe.engine.monitor;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.function.Consumer;

/**
 * The directory in which monitors announce exits: a file of the container's id appears by a rename. A name that is not an
 * id any more (conmon's temporary ones, {@code ID.XXXXXX}) is for the listener to ignore.
 */
final class ExitDirectory implements AutoCloseable {

    private final Path directory;
    private final Consumer<String> listener;
    private final WatchService watch;

    ExitDirectory(Path directory, Consumer<String> listener) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.listener = listener;
        this.watch = directory.getFileSystem().newWatchService();
        directory.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        Thread.ofVirtual().name("exits").start(this::listen);
    }

    void remove(String id) throws IOException {
        Files.deleteIfExists(directory.resolve(id));
    }

    @Override
    public void close() throws IOException {
        watch.close();
    }

    private void listen() {
        try {
            while (true) {
                var key = watch.take();
                for (var event : key.pollEvents()) {
                    if (event.kind().equals(StandardWatchEventKinds.OVERFLOW)) {
                        scan();
                    } else {
                        listener.accept(event.context().toString());
                    }
                }
                if (!key.reset()) {
                    return; // the directory was removed: the monitors' ends are still noticed by their pidfds
                }
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            // closed
        }
    }

    private void scan() {
        try (var files = Files.newDirectoryStream(directory)) {
            files.forEach(file -> listener.accept(file.getFileName().toString()));
        } catch (IOException e) {
            // as above
        }
    }
}
