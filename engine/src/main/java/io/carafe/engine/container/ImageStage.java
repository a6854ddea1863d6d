package io.carafe.engine.container;

import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.ImageOfIt;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.image.ImageService.Lease;
import io.carafe.engine.model.PodName;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.stage.Stage;
import io.carafe.engine.table.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Holds the image while the container is being made from it; once the snapshot exists, that holds the layers. */
final class ImageStage implements Stage<ContainerRecord> {

    private final ImageService images;
    private final CheckpointImport checkpoints;
    private final Table<PodName, Pod> pods;
    private final Map<String, Lease> leases = new ConcurrentHashMap<>();

    ImageStage(ImageService images, CheckpointImport checkpoints, Table<PodName, Pod> pods) {
        this.images = images;
        this.checkpoints = checkpoints;
        this.pods = pods;
    }

    @Override
    public String name() {
        return "image";
    }

    @Override
    public UnaryOperator<ContainerRecord> apply(ContainerRecord container, Deadline deadline) throws IOException {
        var name = container.config().image();
        var namespace = pods.get(container.podId()).record().config().name().namespace();
        if (CheckpointImport.isArchive(name)) {
            var base = checkpoints.take(container.id(), Path.of(name));
            return made(container, checkpoints.lease(base, namespace, deadline))
                    .andThen(record -> record.withCheckpoint(name))::apply;
        }
        var lease = images.resolveForContainer(name, container.config().userSpecifiedImage(), namespace, deadline);
        var checkpoint = checkpoints.filesOf(lease.image());
        if (checkpoint.isEmpty()) {
            return made(container, lease);
        }
        try (lease) {
            var base = checkpoints.takeFiles(container.id(), checkpoint.get());
            return made(container, checkpoints.lease(base, namespace, deadline))
                    .andThen(record -> record.withCheckpoint(name))::apply;
        }
    }

    private UnaryOperator<ContainerRecord> made(ContainerRecord container, Lease lease) {
        leases.put(container.id(), lease);
        var image = lease.image();
        var ref = image.repoTags().stream()
                .findFirst()
                .or(() -> image.repoDigests().stream().findFirst())
                .orElse(image.id().toString());
        return record -> record.withImage(new ImageOfIt(image.id().toString(), ref));
    }

    @Override
    public UnaryOperator<ContainerRecord> undo(ContainerRecord container, Deadline deadline) throws IOException {
        release(container.id());
        checkpoints.delete(container.id());
        return UnaryOperator.identity();
    }

    /** The lease of a container that is being made. */
    Lease lease(String containerId) {
        return leases.get(containerId);
    }

    void release(String containerId) {
        var lease = leases.remove(containerId);
        if (lease != null) {
            lease.close();
        }
    }
}
