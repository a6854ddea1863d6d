package io.carafe.engine.pod;

import io.carafe.engine.Ids;
import io.carafe.engine.Places;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.spec.PodPlace;
import io.carafe.engine.stage.Operation;
import io.carafe.engine.stage.Owner;
import java.nio.file.Path;
import java.util.Map;

/**
 * A pod in memory.
 *
 * @param oomCount of its containers
 */
public record Pod(Owner<PodRecord> owner, Places places, OomCount oomCount) {

    Pod(Owner<PodRecord> owner, Places places) {
        this(owner, places, new OomCount());
    }

    public String id() {
        return owner.id();
    }

    public PodRecord record() {
        return owner.record();
    }

    /** Name and id, for messages. */
    @Override
    public String toString() {
        return "pod " + record().config().name() + " (" + Ids.brief(id()) + ")";
    }

    <T> Operation<T> operation(String kind) {
        return new Operation<>(kind, toString());
    }

    /** What it has on the node for its containers. */
    public PodPlace place() {
        var record = record();
        var pinned = places.namespaces(id());
        boolean sandboxed = record.sandbox() != null;
        return new PodPlace(
                record.hostNetwork() ? null : pinned.resolve("net"),
                record.hostIpc() || sandboxed ? null : pinned.resolve("ipc"),
                record.hostNetwork() || sandboxed ? null : pinned.resolve("uts"),
                record.init() == null ? null : Path.of("/proc/" + record.init().pid() + "/ns/pid"),
                record.userNamespace() == null ? null : pinned.resolve("user"),
                record.hostIpc() ? null : places.shm(id()),
                places.pod(id()));
    }

    public PodStatus status() {
        var record = record();
        return new PodStatus(
                record.id(),
                record.config(),
                record.state(),
                record.createdAt(),
                record.ips(),
                record.hostNetwork() ? "" : places.netns(record.id()).toString(),
                record.handler(),
                Map.of("cgroup", record.cgroup(), "pid", Integer.toString(firstProcess(record))));
    }

    /** 0 if it has none. */
    private static int firstProcess(PodRecord record) {
        var process = record.sandbox() == null ? record.init() : record.sandbox();
        return process == null ? 0 : process.pid();
    }
}
