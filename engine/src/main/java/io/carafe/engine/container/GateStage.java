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

/** The gate between created and running: opened by start, and undone by ending what came through it. */
record GateStage(RuntimeHandlers handlers, Nri nri, Kill kill, Table<ContainerKey, Container> table, Timeouts timeouts)
        implements Stage<ContainerRecord> {

    static final String NAME = "gate";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public UnaryOperator<ContainerRecord> apply(ContainerRecord container, Deadline deadline) {
        nri.startContainer(container.id());
        handlers.get(container.handler()).start(container.id(), deadline.earlierOf(Deadline.after(timeouts.runtime())));
        var now = Instant.now();
        return record -> record.started(now);
    }

    @Override
    public UnaryOperator<ContainerRecord> undo(ContainerRecord container, Deadline deadline)
            throws IOException, InterruptedException {
        var live = table.find(container.id());
        if (live.isPresent() && container.phase() != Phase.EXITED) {
            kill.kill(live.get(), deadline);
        }
        return UnaryOperator.identity();
    }
}
