package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.engine.event.ContainerEvent;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.Resources;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.stage.Operation;
import io.carafe.engine.stage.Owner;
import io.carafe.engine.store.Change.Kind;
import io.carafe.engine.store.Durability;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Makes a container up to the gate: stages image, snapshot, spec, monitor. */
record CreateContainer(ContainerParts parts) {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    String create(Pod pod, ContainerConfig config, Deadline deadline) {
        requireReady(pod, config);
        var key = new ContainerKey(pod.id(), config.name());
        return parts.claims().makeOnce(key, this::existing, () -> begin(pod, config), deadline);
    }

    private static void requireReady(Pod pod, ContainerConfig config) {
        if (pod.record().state() != PodState.READY) {
            throw new CarafeException.FailedPrecondition(
                    "create container " + config.name().name() + ": " + pod + " is not ready");
        }
    }

    private Optional<String> existing(ContainerKey key) {
        return parts.table().named(key).map(container -> {
            if (container.record().exit() != null) {
                throw new CarafeException.AlreadyExists("create " + container + ": attempt "
                        + key.name().attempt() + " of it exists and has ended; remove it or create the next attempt");
            }
            return container.id();
        });
    }

    private Operation<String> begin(Pod pod, ContainerConfig config) {
        var id = parts.ids().next();
        var record = new ContainerRecord(
                id,
                pod.id(),
                config,
                pod.record().handler(),
                parts.driver().containerCgroup(pod.record().cgroup(), id),
                Instant.now(),
                Phase.MAKING,
                null,
                null,
                null,
                null,
                null,
                config.resources() == null ? Resources.NONE : config.resources(),
                null);
        var container = new Container(new Owner<>(Kind.CONTAINER, id, record, List.of(), parts.store()), pod);
        return container.owner().queue().submit(container.operation("create"), self -> make(self, container));
    }

    private String make(Operation<String> operation, Container container) {
        var owner = container.owner();
        var key = container.record().key();
        try {
            parts.stages()
                    .apply(
                            operation,
                            owner,
                            MonitorStage.NAME,
                            Deadline.after(parts.timeouts().operation()));
            requireReady(container.pod(), container.record().config());
            owner.update(Durability.POWER, record -> record.withPhase(Phase.CREATED));
            parts.table().add(container.id(), key, container);
            if (!container.record().restored()) {
                parts.exits().watch(container);
            }
            parts.events().publish(container, ContainerEvent.Kind.CREATED);
            parts.plugins().nri().containerCreated(container.id());
            return container.id();
        } catch (CarafeException e) {
            discard(container);
            parts.plugins().nri().removeContainer(container.id());
            throw e;
        } finally {
            parts.image().release(container.id());
            parts.claims().release(key);
        }
    }

    /** Undoes a container that was never seen by anybody, now or later. */
    void discard(Container container) {
        try {
            undo(container);
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "{0} is left over: {1}", container, e.getMessage());
            parts.leftovers().retry(container.toString(), () -> undo(container));
        }
    }

    private void undo(Container container) {
        parts.stages().undo(container.operation("discard"), container.owner());
        container.owner().delete();
    }
}
