package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.engine.RunDirectory;
import io.carafe.engine.stage.Operation;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.oci.runtime.State;
import io.carafe.runtime.OciRuntime;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.storage.Snapshotter;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/**
 * Writes a running container into an archive, and lets it run on. The archive appears under its name whole or not at all,
 * and the container is not left frozen, whatever happens.
 *
 * @param limit for one checkpoint, however long its caller would wait
 */
record CheckpointContainer(RuntimeHandlers handlers, Snapshotter snapshots, Places places, Duration limit) {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final Duration THAW = Duration.ofSeconds(10);

    void checkpoint(Container container, Path location, Deadline wanted) {
        require(container, location);
        var deadline = wanted.earlierOf(Deadline.after(limit));
        container
                .owner()
                .queue()
                .submit(container.<Void>operation("checkpoint"), self -> run(self, container, location, deadline))
                .await(deadline);
    }

    private static void require(Container container, Path location) {
        container.requireRunning("checkpoint");
        if (!location.isAbsolute() || location.getFileName() == null || !Files.isDirectory(location.getParent())) {
            throw new CarafeException.InvalidArgument("checkpoint " + container + ": location \"" + location
                    + "\" is not an absolute path of a file in a directory that is there");
        }
    }

    private Void run(Operation<Void> operation, Container container, Path location, Deadline deadline)
            throws IOException {
        container.requireRunning("checkpoint"); // it may have ended in the queue
        var work = places.checkpoint(container.id());
        RunDirectory.delete(work); // of an engine that was killed
        var images = Files.createDirectories(work.resolve("checkpoint"));
        try {
            operation.at("criu");
            writeProcesses(container, images, work, deadline);
            operation.at("archive");
            var written = writeArchive(container, work);
            deadline.check("checkpoint " + container);
            moveTo(location, written);
        } finally {
            RunDirectory.delete(work);
        }
        return null;
    }

    private void writeProcesses(Container container, Path images, Path work, Deadline deadline) {
        var runtime = handlers.get(container.record().handler());
        try {
            runtime.checkpoint(container.id(), images, work, deadline);
        } catch (CarafeException e) {
            thaw(runtime, container);
            throw e;
        }
    }

    /** A runtime that was killed at the deadline may leave the cgroup frozen. */
    private static void thaw(OciRuntime runtime, Container container) {
        boolean interrupted = Thread.interrupted();
        var limit = Deadline.after(THAW);
        try {
            if (runtime.state(container.id(), limit).status() == State.Status.PAUSED) {
                runtime.resume(container.id(), limit);
            }
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "{0} after a failed checkpoint: {1}", container, e.getMessage());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Path writeArchive(Container container, Path work) throws IOException {
        var archive = work.resolve("archive.tar");
        new CheckpointArchive(container, snapshots, places.bundle(container.id()), work).write(archive);
        return archive;
    }

    /** The location may be on another file system; a copy there gets its name by a rename too. */
    private static void moveTo(Path location, Path written) throws IOException {
        var beside = location.resolveSibling("." + location.getFileName() + ".part");
        try {
            Files.move(written, beside, StandardCopyOption.REPLACE_EXISTING);
            try (var file = OpenFile.open(beside, OpenFlags.READ, 0)) {
                file.sync();
            }
            Files.move(beside, location, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
    }
}
