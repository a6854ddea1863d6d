package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.Exit;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.stage.Owner;
import io.carafe.engine.store.Change.Kind;
import io.carafe.engine.store.Durability;
import io.carafe.oci.runtime.State;
import io.carafe.runtime.OciRuntime;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Takes up the containers that an earlier engine left. */
public final class ContainerRecovery {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    /** As the kubelet and containerd report a container of which nothing is known. */
    private static final int UNKNOWN_EXIT = 255;

    private static final Duration ASK_RUNTIME = Duration.ofSeconds(10);

    private final ContainerService service;
    private final ContainerParts parts;

    ContainerRecovery(ContainerService service, ContainerParts parts) {
        this.service = service;
        this.parts = parts;
    }

    /**
     * Puts the container in the table in its true state and watches it again.
     *
     * @param rebooted whether the machine was started anew since
     * @return what is left to be done about it, if anything
     */
    public Optional<Runnable> adopt(ContainerRecord record, Pod pod, List<String> journal, boolean rebooted) {
        var container = new Container(new Owner<>(Kind.CONTAINER, record.id(), record, journal, parts.store()), pod);
        if (record.phase() == Phase.MAKING) {
            LOG.log(Level.INFO, "{0} was being made and is undone", container);
            return Optional.of(() -> service.discard(container));
        }
        parts.table().add(container.id(), record.key(), container);
        if (record.exit() != null) {
            container.exited().complete(null);
        } else if (rebooted) {
            note(container, "the machine was restarted");
        } else {
            watch(container);
        }
        parts.plugins().adopt(container);
        return record.phase() == Phase.REMOVING ? Optional.of(() -> service.finishRemove(container)) : Optional.empty();
    }

    private void watch(Container container) {
        var record = container.record();
        try {
            var runtime = parts.handlers().get(record.handler());
            if (record.monitored() == null) {
                settleRestore(container, runtime);
                return;
            }
            parts.monitor().recover(record.monitored(), runtime);
            ContainerChanges.resumeIfPaused(runtime, container, parts.bundle(container.id()));
            if (record.phase() == Phase.STARTING) {
                settleStart(container, runtime);
            }
            parts.exits().adopt(container);
        } catch (CarafeException e) {
            LOG.log(Level.ERROR, "{0} cannot be watched: {1}", container, e.getMessage());
            note(container, "it could not be watched after a restart of the daemon: " + e.getMessage());
        }
    }

    /** The daemon died between "open the gate" and "it is open": only the runtime knows. */
    private void settleStart(Container container, OciRuntime runtime) {
        boolean created;
        try {
            created = runtime.state(container.id(), Deadline.after(ASK_RUNTIME)).status() == State.Status.CREATED;
        } catch (CarafeException.NotFound e) {
            created = false; // it has ended: the monitor will say so
        }
        if (created) {
            container.owner().end(GateStage.NAME, record -> record.withPhase(Phase.CREATED));
        } else {
            var now = Instant.now();
            container.owner().update(Durability.PROCESS, record -> record.started(now));
        }
    }

    /** One that was being restored when the daemon died may have come to life, without anybody knowing its monitor. */
    private void settleRestore(Container container, OciRuntime runtime) {
        if (container.record().phase() != Phase.CREATED) {
            parts.monitor()
                    .discard(
                            container.id(),
                            parts.bundle(container.id()),
                            runtime,
                            Deadline.after(parts.timeouts().runtime()));
            note(container, "the daemon died while it was being restored");
        }
    }

    private void note(Container container, String message) {
        parts.exits().note(container, new Exit(UNKNOWN_EXIT, Instant.now(), "Unknown", message));
    }
}
