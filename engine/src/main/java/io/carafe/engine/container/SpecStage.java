package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.engine.RunDirectory;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.container.ContainerRecord.ProcessOfIt;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.PodName;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.engine.spec.SpecRequest;
import io.carafe.engine.stage.OwnThread;
import io.carafe.engine.stage.Stage;
import io.carafe.engine.table.Table;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.oci.Json;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.storage.Snapshotter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The container's bundle: the directory with its {@code config.json}. */
record SpecStage(
        SpecGenerator specs,
        ImageStage image,
        Snapshotter snapshots,
        RuntimeHandlers handlers,
        CgroupDriver driver,
        ContainerPlugins plugins,
        HugePages hugePages,
        CheckpointImport checkpoints,
        Table<PodName, Pod> pods,
        Table<ContainerKey, Container> containers,
        Places places)
        implements Stage<ContainerRecord> {

    @Override
    public String name() {
        return "spec";
    }

    @Override
    public UnaryOperator<ContainerRecord> apply(ContainerRecord container, Deadline deadline) throws IOException {
        var pod = pods.get(container.podId());
        var request = new SpecRequest(
                pod.id(),
                container.id(),
                pod.record().config(),
                container.config(),
                image.lease(container.id()).image().config().execution(),
                container.config().image(),
                snapshots.mount(container.id()),
                pod.place(),
                targetPidNamespace(container),
                imageVolumes(container),
                driver.cgroupsPath(container.cgroup()),
                driver.annotations(),
                handlers.handler(container.handler()),
                handlers.get(container.handler()).features(deadline));
        // mounts may come from a file system that hangs
        var asked = OwnThread.call("spec of container " + container.id(), () -> specs.generate(request), deadline);
        var generated = specs.adjusted(asked, plugins.create(container, asked.spec()));
        if (container.restored()) {
            checkpoints.requireFit(container.id(), generated.spec());
        }
        var bundle = Files.createDirectories(places.bundle(container.id()));
        Files.write(bundle.resolve("config.json"), Json.write(hugePages.without(generated.spec())));
        var log = Container.log(container, pod);
        if (log != null) {
            Files.createDirectories(log.getParent());
        }
        var process = new ProcessOfIt(generated.user(), generated.stopSignal());
        var path = generated.spec().linux().cgroupsPath();
        boolean moved = !path.equals(asked.spec().linux().cgroupsPath());
        return record -> record.withProcess(process, generated.resources())
                .withCgroup(moved ? driver.named(path) : record.cgroup());
    }

    @Override
    public UnaryOperator<ContainerRecord> undo(ContainerRecord container, Deadline deadline) throws IOException {
        RunDirectory.delete(places.bundle(container.id()));
        return UnaryOperator.identity();
    }

    private Path targetPidNamespace(ContainerRecord container) {
        var security = container.config().security();
        var namespaces = security == null ? null : security.namespaces();
        if (namespaces == null || namespaces.pid() != Namespaces.Mode.TARGET) {
            return null;
        }
        var target = containers.get(namespaces.targetId());
        if (!target.record().podId().equals(container.podId())) {
            throw new CarafeException.InvalidArgument("pid namespace of " + target + ": it is in another pod");
        }
        target.requireRunning("join its pid namespace");
        return Path.of("/proc/" + target.record().monitored().container().pid() + "/ns/pid");
    }

    private Map<String, Path> imageVolumes(ContainerRecord container) throws IOException {
        var volumes = new HashMap<String, Path>();
        var mounts = SnapshotStage.imageVolumes(container);
        for (int i = 0; i < mounts.size(); i++) {
            var files = snapshots.mount(SnapshotStage.volumeKey(container, i));
            volumes.put(mounts.get(i).containerPath(), below(files, mounts.get(i)));
        }
        return volumes;
    }

    /** The sub path inside the image, resolved so that no link of the image leads out of it. */
    private static Path below(Path files, ContainerConfig.Mount mount) throws IOException {
        if (mount.imageSubPath().isEmpty()) {
            return files;
        }
        try (var root = RootedDir.open(files);
                var below = root.open(mount.imageSubPath(), OpenFlags.PATH, 0)) {
            return below.path().toRealPath();
        } catch (IOException e) {
            throw new CarafeException.InvalidArgument(
                    "sub path " + mount.imageSubPath() + " of image " + mount.image() + ": " + e.getMessage(), e);
        }
    }
}
