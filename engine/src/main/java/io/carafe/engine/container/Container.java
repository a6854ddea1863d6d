package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.engine.Ids;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.stage.Operation;
import io.carafe.engine.stage.OperationQueue;
import io.carafe.engine.stage.Owner;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * A container in memory.
 *
 * @param exited completes when the exit is in the record
 * @param endNews what is to be told of its end
 * @param limits writes of its limits, one after the other. They wait for the runtime only, so that an operation on one
 *     container can wait for those of another
 */
public record Container(
        Owner<ContainerRecord> owner,
        Pod pod,
        CompletableFuture<Void> exited,
        EndNews endNews,
        KillClock killClock,
        OperationQueue limits) {

    Container(Owner<ContainerRecord> owner, Pod pod) {
        this(owner, pod, new CompletableFuture<>(), new EndNews(), new KillClock(), new OperationQueue());
    }

    public String id() {
        return owner.id();
    }

    public ContainerRecord record() {
        return owner.record();
    }

    /** Name and id, for messages. */
    @Override
    public String toString() {
        return "container " + record().config().name().name() + " (" + Ids.brief(id()) + ") of " + pod;
    }

    <T> Operation<T> operation(String kind) {
        return new Operation<>(kind, toString());
    }

    /** @param action what needs it, for the message */
    void requireRunning(String action) {
        if (record().phase() != Phase.RUNNING) {
            throw new CarafeException.FailedPrecondition(
                    action + ": " + this + " is not running but " + record().state());
        }
    }

    /** Absolute; null if there is to be no log. */
    static Path log(ContainerRecord container, Pod pod) {
        var directory = pod.record().config().logDirectory();
        var path = container.config().logPath();
        if (directory.isEmpty() || path.isEmpty()) {
            return null;
        }
        var log = Path.of(directory).resolve(path).normalize();
        if (!log.isAbsolute() || !log.startsWith(Path.of(directory).normalize())) {
            throw new CarafeException.InvalidArgument(
                    "log path " + path + " leads out of the pod's log directory " + directory);
        }
        return log;
    }

    public ContainerStatus status() {
        var record = record();
        var log = log(record, pod);
        var exit = record.exit();
        boolean alive =
                record.phase() == Phase.CREATED || record.phase() == Phase.STARTING || record.phase() == Phase.RUNNING;
        return new ContainerStatus(
                record.id(),
                record.podId(),
                record.config(),
                record.state(),
                record.createdAt(),
                record.startedAt(),
                exit == null ? null : exit.at(),
                exit == null ? 0 : exit.code(),
                record.image().id(),
                record.image().ref(),
                exit == null ? "" : exit.reason(),
                exit == null ? "" : exit.message(),
                log == null ? "" : log.toString(),
                alive && record.monitored() != null
                        ? record.monitored().container().pid()
                        : 0,
                record.process().user(),
                record.resources(),
                record.process().stopSignal(),
                info(record));
    }

    private static Map<String, String> info(ContainerRecord record) {
        var info = new TreeMap<>(Map.of("cgroup", record.cgroup(), "runtimeHandler", record.handler()));
        if (record.monitored() != null) {
            info.put("bundle", record.monitored().bundle().toString());
            info.put("monitorPid", Integer.toString(record.monitored().monitor().pid()));
        }
        if (record.restored()) {
            info.put("checkpoint", record.checkpoint());
        }
        return info;
    }
}
