package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.engine.stage.Operation;
import java.lang.System.Logger.Level;

/**
 * Gives back what a container that has ended holds of its runtime, its monitor and the cgroups. Its files, log and record
 * stay until it is removed; so does what could not be given back.
 */
record FreeContainer(ContainerParts parts) {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    Operation<Void> begin(Container container) {
        return container.owner().queue().joinOrSubmit(container.operation("free"), self -> run(self, container));
    }

    private void run(Operation<Void> operation, Container container) {
        if (Kill.alive(container)) {
            return;
        }
        try {
            parts.stages().undo(operation, container.owner(), MonitorStage.NAME);
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "{0}; its removal tries it again", e.getMessage());
        }
    }
}
