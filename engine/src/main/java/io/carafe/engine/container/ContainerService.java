package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.engine.Containers;
import io.carafe.engine.EngineCore;
import io.carafe.engine.exec.ExecSessions;
import io.carafe.engine.model.ChangedFile;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.ExecRequest;
import io.carafe.engine.model.ExecResult;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.PodName;
import io.carafe.engine.model.Resources;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.pod.PodContainers;
import io.carafe.engine.stage.Operation;
import io.carafe.engine.table.Table;
import io.carafe.nri.Node;
import io.carafe.storage.Snapshotter;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Containers by their operations, each in a file of its own. */
public final class ContainerService implements Containers, PodContainers {

    private final ContainerParts parts;
    private final Table<PodName, Pod> pods;
    private final CreateContainer create;
    private final StartContainer start;
    private final StopContainer stop;
    private final RemoveContainer remove;
    private final UpdateContainer update;
    private final FreeContainer free;
    private final CheckpointContainer checkpoint;
    private final ContainerExecs execs;
    private final Snapshotter snapshots;
    private final ContainerChanges changes;

    private ContainerService(
            ContainerParts parts,
            Table<PodName, Pod> pods,
            CheckpointContainer checkpoint,
            ContainerExecs execs,
            Snapshotter snapshots,
            ContainerChanges changes) {
        this.snapshots = snapshots;
        this.changes = changes;
        this.checkpoint = checkpoint;
        this.parts = parts;
        this.pods = pods;
        this.execs = execs;
        this.create = new CreateContainer(parts);
        this.start = new StartContainer(parts);
        this.stop = new StopContainer(parts);
        this.remove = new RemoveContainer(parts, stop);
        this.update = new UpdateContainer(parts);
        this.free = new FreeContainer(parts);
    }

    public static ContainerService of(EngineCore core, ExecSessions sessions) {
        var execs = new ContainerExecs(sessions, core.parts().handlers(), core.places());
        var checkpoint = new CheckpointContainer(
                core.parts().handlers(),
                core.parts().snapshots(),
                core.places(),
                core.timeouts().operation());
        return new ContainerService(
                ContainerParts.of(core),
                core.pods(),
                checkpoint,
                execs,
                core.parts().snapshots(),
                new ContainerChanges(core.parts().handlers(), core.parts().snapshots(), core.places()));
    }

    /** Takes up what an earlier engine left. */
    public ContainerRecovery recovery() {
        return new ContainerRecovery(this, parts);
    }

    @Override
    public String create(String podId, ContainerConfig config, Deadline deadline) {
        return create.create(pods.get(podId), config, deadline);
    }

    @Override
    public void start(String id, Deadline deadline) {
        start.begin(parts.table().get(id)).await(deadline);
    }

    @Override
    public void stop(String id, Duration grace, Deadline deadline) {
        parts.table()
                .find(id)
                .ifPresent(container -> stop.begin(container, grace).await(deadline));
    }

    @Override
    public void remove(String id, Deadline deadline) {
        parts.table().find(id).ifPresent(container -> remove.begin(container).await(deadline));
    }

    /** What plugins may ask for. */
    public Node pluginRequests() {
        return new PluginRequests(parts, stop);
    }

    /** Undoes a container that was being made when the engine died. */
    void discard(Container container) {
        create.discard(container);
    }

    /** Goes on with a removal that an earlier engine began. */
    void finishRemove(Container container) {
        remove.begin(container).await(Deadline.after(parts.timeouts().operation()));
    }

    @Override
    public ContainerStatus status(String id) {
        return parts.table().get(id).status();
    }

    @Override
    public List<ContainerStatus> list(Filter<ContainerState> filter) {
        return parts.table().all().stream()
                .filter(container -> container.id().startsWith(filter.id()))
                .filter(container -> container.record().podId().startsWith(filter.podId()))
                .filter(container ->
                        filter.state() == null || container.record().state() == filter.state())
                .filter(container -> container
                        .record()
                        .config()
                        .labels()
                        .entrySet()
                        .containsAll(filter.labels().entrySet()))
                .map(Container::status)
                .sorted(Comparator.comparing(ContainerStatus::createdAt).reversed())
                .toList();
    }

    @Override
    public ExecResult execSync(String id, List<String> command, Duration timeout, Deadline deadline) {
        return execs.run(running(id, "exec"), new ExecRequest(command), timeout, deadline);
    }

    @Override
    public int exec(String id, ExecRequest request, ProcessIo io) {
        return execs.talk(running(id, "exec"), request, io);
    }

    @Override
    public void attach(String id, ProcessIo io) {
        var container = parts.table().get(id);
        if (!Kill.alive(container)) {
            throw new CarafeException.FailedPrecondition("attach: " + container + " has ended");
        }
        parts.monitor().attach(container.id(), io);
    }

    @Override
    public void updateResources(String id, Resources resources, Deadline deadline) {
        update.begin(parts.table().get(id), resources).await(deadline);
    }

    @Override
    public void checkpoint(String id, Path location, Deadline deadline) {
        checkpoint.checkpoint(parts.table().get(id), location, deadline);
    }

    @Override
    public void export(String id, OutputStream out) throws IOException {
        var container = parts.table().get(id);
        try (var tar = new TarWriter(out)) {
            snapshots.writeFiles(container.id(), tar);
        }
    }

    @Override
    public List<ChangedFile> changes(String id) {
        return changes.list(parts.table().get(id));
    }

    @Override
    public void writeLayer(String id, boolean pause, OutputStream out, Deadline deadline) throws IOException {
        try (var tar = new TarWriter(out)) {
            changes.write(parts.table().get(id), pause, tar, deadline);
        }
    }

    @Override
    public void reopenLog(String id, Deadline deadline) {
        parts.monitor().reopenLog(running(id, "reopen the log").id(), deadline);
    }

    private Container running(String id, String action) {
        var container = parts.table().get(id);
        container.requireRunning(action);
        return container;
    }

    @Override
    public ContainerStatus awaitExit(String id, Deadline deadline) {
        var container = parts.table().get(id);
        try {
            container.exited().get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
            return container.status();
        } catch (TimeoutException e) {
            throw new CarafeException.DeadlineExceeded("wait for " + container + ": it has not ended", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("wait for " + container + ": the caller left", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("nothing completes it with an error", e);
        }
    }

    @Override
    public void stopAll(String podId, Deadline deadline) {
        var making = parts.claims().underWay(key -> key.podId().equals(podId));
        making.forEach(Operation::cancel);
        making.forEach(operation -> operation.awaitEnd(deadline));
        all(
                containersOf(podId).stream()
                        .filter(Kill::alive)
                        .map(container -> stop.begin(container, Duration.ZERO))
                        .toList(),
                deadline);
    }

    @Override
    public UnderWay freeAll(String podId) {
        var operations = containersOf(podId).stream().map(free::begin).toList();
        return deadline -> all(operations, deadline);
    }

    @Override
    public UnderWay removeAll(String podId) {
        var operations = containersOf(podId).stream().map(remove::begin).toList();
        return deadline -> all(operations, deadline);
    }

    /** Waits for all, and throws the first failure after that. */
    private static void all(List<Operation<Void>> operations, Deadline deadline) {
        CarafeException failure = null;
        for (var operation : operations) {
            try {
                operation.await(deadline);
            } catch (CarafeException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Path of the cgroup of a container that may have processes. */
    public Optional<String> cgroup(String containerId) {
        return parts.table()
                .find(containerId)
                .filter(Kill::alive)
                .map(container -> container.record().cgroup());
    }

    /** Name of the container's runtime handler. */
    public Optional<String> handler(String containerId) {
        return parts.table()
                .find(containerId)
                .map(container -> container.record().handler());
    }

    private List<Container> containersOf(String podId) {
        return parts.table().all().stream()
                .filter(container -> container.record().podId().equals(podId))
                .toList();
    }

    @Override
    public List<ContainerStatus> of(String podId) {
        return parts.events().of(podId);
    }
}
