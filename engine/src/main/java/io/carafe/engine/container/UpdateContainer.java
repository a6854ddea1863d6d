package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.Resources;
import io.carafe.engine.stage.Operation;

/** Changes the limits of a container that lives, as its caller and then plugins want them. */
record UpdateContainer(ContainerParts parts) {

    Operation<Void> begin(Container container, Resources change) {
        return container.owner().queue().submit(container.<Void>operation("update"), _ -> {
            update(container, change);
            return null;
        });
    }

    private void update(Container container, Resources change) {
        if (!Kill.alive(container)) {
            throw new CarafeException.FailedPrecondition("update limits: " + container + " has ended");
        }
        var plugins = parts.plugins().nri();
        var asked = parts.specs().resourcesForUpdate(container.record().resources(), change);
        parts.limits().write(container, plugins.updateContainer(container.id(), asked), change.oomScoreAdj());
        plugins.containerUpdated(container.id());
    }
}
