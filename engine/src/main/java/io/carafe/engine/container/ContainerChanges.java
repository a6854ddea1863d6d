package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.engine.model.ChangedFile;
import io.carafe.engine.stage.Operation;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.Spec;
import io.carafe.runtime.OciRuntime;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.storage.Snapshotter;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a container has changed of its image's files, told or written as a layer. While a layer is written the container can be
 * made to stand still; a file in its bundle says so, for the engine that comes after one that died meanwhile.
 */
record ContainerChanges(RuntimeHandlers handlers, Snapshotter snapshots, Places places) {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final String PAUSED = "paused-for-commit";
    private static final Duration RESUME = Duration.ofSeconds(10);

    /** What every container gets, should its bundle be gone. */
    private static final List<String> USUAL = List.of(
            "proc",
            "dev",
            "dev/pts",
            "dev/mqueue",
            "dev/shm",
            "sys",
            "sys/fs/cgroup",
            "etc/hosts",
            "etc/hostname",
            "etc/resolv.conf");

    List<ChangedFile> list(Container container) {
        return ChangedFile.of(snapshots.changes(container.id(), mountPoints(container)));
    }

    void write(Container container, boolean pause, TarWriter tar, Deadline deadline) {
        if (!pause || container.record().phase() != ContainerRecord.Phase.RUNNING) {
            snapshots.writeLayer(container.id(), mountPoints(container), tar);
            return;
        }
        container
                .owner()
                .queue()
                .submit(container.<Void>operation("commit"), self -> writePaused(self, container, tar, deadline))
                .await(deadline);
    }

    private Void writePaused(Operation<Void> operation, Container container, TarWriter tar, Deadline deadline)
            throws IOException {
        container.requireRunning("commit"); // it may have ended in the queue
        var runtime = handlers.get(container.record().handler());
        var bundle = places.bundle(container.id());
        operation.at("pause");
        Files.createFile(bundle.resolve(PAUSED));
        try {
            runtime.pause(container.id(), deadline);
            operation.at("write");
            snapshots.writeLayer(container.id(), mountPoints(container), tar);
        } finally {
            resume(runtime, container, bundle);
        }
        return null;
    }

    /** Lets a container go on that an engine which died has paused. */
    static void resumeIfPaused(OciRuntime runtime, Container container, Path bundle) {
        if (Files.exists(bundle.resolve(PAUSED))) {
            resume(runtime, container, bundle);
        }
    }

    private static void resume(OciRuntime runtime, Container container, Path bundle) {
        boolean interrupted = Thread.interrupted();
        try {
            runtime.resume(container.id(), Deadline.after(RESUME));
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "{0} after a commit: {1}", container, e.getMessage());
        } finally {
            try {
                Files.deleteIfExists(bundle.resolve(PAUSED));
            } catch (IOException e) {
                LOG.log(Level.WARNING, "{0}: {1}", container, e.getMessage());
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Set<String> mountPoints(Container container) {
        var points = new HashSet<>(USUAL);
        var config = places.bundle(container.id()).resolve("config.json");
        if (Files.exists(config)) {
            try {
                for (Mount mount : Json.read(config, Spec.class).mounts()) {
                    points.add(Path.of("/")
                            .relativize(Path.of(mount.destination()).normalize())
                            .toString());
                }
            } catch (IOException e) {
                throw CarafeException.of("changes of " + container, e);
            }
        }
        return points;
    }
}
