package io.carafe.engine.log;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Containers;
import io.carafe.engine.model.ContainerState;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Reads the logs of containers by their id. */
public final class Logs {

    private final Containers containers;

    public Logs(Containers containers) {
        this.containers = containers;
    }

    /**
     * Hands the log's lines to {@code sink}, oldest first. With {@link LogQuery#follow} it returns when the container has
     * exited and all is read, or is {@link CarafeException.Cancelled} by an interrupt.
     *
     * @throws CarafeException.NotFound if there is no such container
     * @throws CarafeException.FailedPrecondition if it keeps no log
     */
    public void read(String id, LogQuery query, Consumer<LogEntry> sink) {
        var status = containers.status(id);
        if (status.logPath().isEmpty()) {
            throw new CarafeException.FailedPrecondition("container " + status.id() + " keeps no log");
        }
        var log = new ContainerLog(Path.of(status.logPath()));
        if (query.follow() && status.state() != ContainerState.EXITED) {
            log.follow(query, sink, () -> awaitExit(status.id()));
        } else {
            log.read(query, sink);
        }
    }

    private void awaitExit(String id) {
        try {
            containers.awaitExit(id, Deadline.none());
        } catch (CarafeException.NotFound | CarafeException.Cancelled e) {
            // removed, or the reader has left: either way nothing more is written for it
        }
    }
}
