package io.carafe.engine.container;

import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.engine.event.ContainerEvent;
import io.carafe.engine.stage.Operation;
import io.carafe.engine.store.Durability;
import java.io.IOException;
import java.time.Duration;

/** Ends a container at once and undoes all its stages. */
record RemoveContainer(ContainerParts parts, StopContainer stop) {

    Operation<Void> begin(Container container) {
        container.killClock().atLatest(Deadline.after(Duration.ZERO));
        return container.owner().queue().joinOrSubmit(container.operation("remove"), self -> run(self, container));
    }

    private void run(Operation<Void> operation, Container container) throws IOException, InterruptedException {
        if (parts.table().find(container.id()).isEmpty()) {
            return; // removed while this waited in the queue
        }
        container.killClock().atLatest(Deadline.after(Duration.ZERO)); // a stop before may have reset it
        stop.stop(operation, container);
        container.owner().update(Durability.PROCESS, record -> record.withPhase(Phase.REMOVING));
        parts.table().freeName(container.record().key(), container);
        parts.stages().undo(operation, container.owner());
        container.owner().delete();
        parts.plugins().nri().removeContainer(container.id());
        parts.table().remove(container.id(), container.record().key());
        parts.events().publish(container, ContainerEvent.Kind.DELETED);
    }
}
