package io.carafe.engine.container;

import io.carafe.base.Deadline;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.stage.Stage;
import io.carafe.storage.Snapshot;
import io.carafe.storage.Snapshotter;
import java.util.List;
import java.util.function.UnaryOperator;

/** The container's root file system, and one read-only for each image it mounts. */
record SnapshotStage(ImageStage image, ImageService images, Snapshotter snapshots) implements Stage<ContainerRecord> {

    /** What a container writes dies with it, so the kernel need not bring it to disk. */
    private static final Snapshot.Options ROOTFS = Snapshot.Options.DEFAULT.withVolatileWrites(true);

    private static final Snapshot.Options VOLUME = Snapshot.Options.DEFAULT.withReadOnly(true);

    @Override
    public String name() {
        return "snapshot";
    }

    @Override
    public UnaryOperator<ContainerRecord> apply(ContainerRecord container, Deadline deadline) {
        snapshots.prepare(container.id(), image.lease(container.id()).image().diffIds(), ROOTFS);
        snapshots.mount(container.id());
        var volumes = imageVolumes(container);
        for (int i = 0; i < volumes.size(); i++) {
            try (var lease = images.resolveForContainer(volumes.get(i).image())) {
                snapshots.prepare(volumeKey(container, i), lease.image().diffIds(), VOLUME);
                snapshots.mount(volumeKey(container, i));
            }
        }
        return UnaryOperator.identity();
    }

    @Override
    public UnaryOperator<ContainerRecord> undo(ContainerRecord container, Deadline deadline) {
        for (int i = 0; i < imageVolumes(container).size(); i++) {
            snapshots.remove(volumeKey(container, i));
        }
        snapshots.remove(container.id());
        return UnaryOperator.identity();
    }

    /** The mounts whose files come from an image, in the order that their keys count. */
    static List<ContainerConfig.Mount> imageVolumes(ContainerRecord container) {
        return container.config().mounts().stream()
                .filter(mount -> !mount.image().isEmpty())
                .toList();
    }

    static String volumeKey(ContainerRecord container, int index) {
        return container.id() + "-" + index;
    }
}
