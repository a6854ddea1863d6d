package io.carafe.engine.container;

import io.carafe.base.Deadline;
import io.carafe.engine.EngineConfig.Timeouts;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.engine.stage.Stage;
import io.carafe.engine.table.Table;
import io.carafe.nri.Nri;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.time.Instant;
import java.util.function.UnaryOperator;

/**
 * The gate between created and running: opened by start, and undone by ending what came through it. A container that is
 * restored has not been there before: its processes come through as they were.
 */
record GateStage(
        RuntimeHandlers handlers,
        Nri nri,
        MonitorStage monitors,
        CheckpointImport checkpoints,
        Kill kill,
        Table<ContainerKey, Container> table,
        Timeouts timeouts)
        implements Stage<ContainerRecord> {

    static final String NAME = "gate";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public UnaryOperator<ContainerRecord> apply(ContainerRecord container, Deadline deadline)
            throws IOException, InterruptedException {
        nri.startContainer(container.id());
        if (container.restored()) {
            var monitored = monitors.restore(container, checkpoints.images(container.id()), deadline);
            checkpoints.delete(container.id());
            var then = Instant.now();
            return record -> record.withMonitored(monitored).started(then);
        }
        handlers.get(container.handler()).start(container.id(), deadline.earlierOf(Deadline.after(timeouts.runtime())));
        var now = Instant.now();
        return record -> record.started(now);
    }

    @Override
    public UnaryOperator<ContainerRecord> undo(ContainerRecord container, Deadline deadline)
            throws IOException, InterruptedException {
        var live = table.find(container.id());
        if (live.isPresent() && container.phase() != Phase.EXITED && container.monitored() != null) {
            kill.kill(live.get(), deadline);
        }
        return UnaryOperator.identity();
    }
}
