package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.PodName;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.stage.Stage;
import io.carafe.engine.table.Table;
import io.carafe.storage.Snapshot;
import io.carafe.storage.Snapshotter;
import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;

/** The container's root file system, and one read-only for each image it mounts. */
record SnapshotStage(
        ImageStage image,
        ImageService images,
        Snapshotter snapshots,
        CheckpointImport checkpoints,
        Table<PodName, Pod> pods)
        implements Stage<ContainerRecord> {

    /** What a container writes dies with it, so the kernel need not bring it to disk. */
    private static final Snapshot.Options ROOTFS = Snapshot.Options.DEFAULT.withVolatileWrites(true);

    private static final Snapshot.Options VOLUME = Snapshot.Options.DEFAULT.withReadOnly(true);

    @Override
    public String name() {
        return "snapshot";
    }

    @Override
    public UnaryOperator<ContainerRecord> apply(ContainerRecord container, Deadline deadline) throws IOException {
        var pod = pods.get(container.podId());
        var owners = owners(pod);
        var layers = image.lease(container.id()).image().diffIds();
        snapshots.prepare(container.id(), layers, ROOTFS.withOwners(owners));
        snapshots.mount(container.id());
        if (container.restored()) {
            requireNodesIds(owners);
            checkpoints.applyChanges(container.id());
        }
        var volumes = imageVolumes(container);
        for (int i = 0; i < volumes.size(); i++) {
            try (var lease = images.resolveForContainer(
                    volumes.get(i).image(), "", pod.record().config().name().namespace(), deadline)) {
                snapshots.prepare(volumeKey(container, i), lease.image().diffIds(), VOLUME.withOwners(owners));
                snapshots.mount(volumeKey(container, i));
            }
        }
        return UnaryOperator.identity();
    }

    /** What a checkpoint has of owners, on disk and in memory, are ids of the node. */
    private static void requireNodesIds(Snapshot.Owners owners) {
        if (owners != null) {
            throw new CarafeException.FailedPrecondition(
                    "a container cannot be restored in a pod with a user namespace: the checkpoint has other ids");
        }
    }

    /** In a pod with a user namespace root's files are those of its own root. */
    private static Snapshot.Owners owners(Pod pod) {
        var user = pod.record().userNamespace();
        return user == null ? null : new Snapshot.Owners(user.ids(), pod.place().user());
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
