package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.Exit;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.engine.event.ContainerEvent;
import io.carafe.engine.stage.Operation;
import io.carafe.engine.store.Durability;
import java.time.Instant;

/** Opens the gate. A container whose gate cannot be opened is ended: it will never run. */
record StartContainer(ContainerParts parts) {

    /** As containerd and Docker report it. */
    private static final int START_FAILED = 128;

    Operation<Void> begin(Container container) {
        return container.owner().queue().joinOrSubmit(container.operation("start"), self -> run(self, container));
    }

    private void run(Operation<Void> operation, Container container) {
        var owner = container.owner();
        if (owner.record().phase() == Phase.RUNNING) {
            return;
        }
        if (owner.record().phase() != Phase.CREATED || owner.record().exit() != null) {
            throw new CarafeException.FailedPrecondition(
                    operation + ": it is not created but " + owner.record().state());
        }
        container.endNews().hold();
        try {
            openGate(operation, container);
            parts.events().publish(container, ContainerEvent.Kind.STARTED);
            parts.plugins().nri().containerStarted(container.id());
        } finally {
            container.endNews().release();
        }
    }

    private void openGate(Operation<Void> operation, Container container) {
        var owner = container.owner();
        owner.learn(record -> record.exit() == null ? record.withPhase(Phase.STARTING) : record);
        try {
            parts.stages()
                    .apply(
                            operation,
                            owner,
                            GateStage.NAME,
                            Deadline.after(parts.timeouts().operation()));
        } catch (CarafeException e) {
            var exit = new Exit(START_FAILED, Instant.now(), "StartError", e.getMessage());
            owner.update(Durability.POWER, record -> record.failedToStart(exit));
            if (owner.record().monitored() == null && container.exited().complete(null)) {
                parts.events().publish(container, ContainerEvent.Kind.STOPPED);
            }
            throw e;
        }
        owner.update(Durability.POWER, record -> record);
        if (owner.record().restored()) {
            parts.exits().watch(container);
        }
    }
}
