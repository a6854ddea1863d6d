package io.carafe.engine.pod;

import io.carafe.engine.EngineCore;
import io.carafe.engine.pod.PodRecord.Phase;
import io.carafe.engine.stage.Owner;
import io.carafe.engine.store.Change.Kind;
import io.carafe.engine.store.Durability;
import io.carafe.network.Attachment;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Takes up the pods that an earlier engine left. */
public final class PodRecovery {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    private final PodService service;
    private final EngineCore core;

    PodRecovery(PodService service, EngineCore core) {
        this.service = service;
        this.core = core;
    }

    /**
     * Puts the pod in the table in its true state.
     *
     * @param rebooted whether the machine was started anew since
     * @return what is left to be done about it, if anything
     */
    public Optional<Runnable> adopt(PodRecord record, List<String> journal, boolean rebooted) {
        var pod = new Pod(new Owner<>(Kind.POD, record.id(), record, journal, core.store()), core.places());
        if (record.phase() == Phase.MAKING) {
            LOG.log(Level.INFO, "{0} was being made and is undone", pod);
            return Optional.of(() -> service.discard(pod));
        }
        core.pods().add(pod.id(), record.config().name(), pod);
        boolean stopped = record.phase() != Phase.READY && !holdsWhatStopUndoes(pod);
        new PodPlugins(core.parts().nri()).adopt(pod, stopped);
        return switch (record.phase()) {
            case MAKING -> throw new IllegalStateException("handled above");
            case READY -> adoptReady(pod, rebooted);
            case STOPPED -> holdsWhatStopUndoes(pod) ? Optional.of(() -> service.finishStop(pod)) : Optional.empty();
            case REMOVING -> Optional.of(() -> service.finishRemove(pod));
        };
    }

    /** Under which name the network knows the pod. */
    public Attachment.Key attachment(PodRecord record) {
        return NetworkStage.attachment(record, core.places()).key();
    }

    private Optional<Runnable> adoptReady(Pod pod, boolean rebooted) {
        var record = pod.record();
        var problem = rebooted ? "the machine was restarted" : problem(pod);
        if (problem.isEmpty()) {
            pod.oomCount().settle(core.parts().cgroups().cgroup(counting(record)));
            service.guard(pod);
            return Optional.empty();
        }
        LOG.log(Level.WARNING, "{0} is not ready any more: {1}", pod, problem);
        pod.owner().update(Durability.PROCESS, changed -> changed.withPhase(Phase.STOPPED));
        return Optional.of(() -> service.finishStop(pod));
    }

    /** The cgroup that counts what happens in its containers. */
    private String counting(PodRecord record) {
        return record.sandbox() == null
                ? record.cgroup()
                : core.parts().driver().containerCgroup(record.cgroup(), record.id());
    }

    private static boolean holdsWhatStopUndoes(Pod pod) {
        return List.of("namespaces", "network", "files", "sandbox").stream()
                .anyMatch(stage -> pod.owner().holds(stage));
    }

    /** What the pod lacks to be ready; empty if nothing. */
    private static String problem(Pod pod) {
        var place = pod.place();
        var pins = new ArrayList<Path>();
        for (var pin : new Path[] {place.user(), place.network(), place.ipc(), place.uts()}) {
            if (pin != null) {
                pins.add(pin);
            }
        }
        for (var pin : pins) {
            if (!isNamespace(pin)) {
                return pin + " is no namespace any more";
            }
        }
        var sandbox = pod.record().sandbox();
        if (sandbox != null && !sandbox.alive()) {
            return "its sandbox " + sandbox.pid() + " has ended";
        }
        var init = pod.record().init();
        return init != null && !init.alive() ? "its first process " + init.pid() + " has ended" : "";
    }

    /** A pin that was unmounted is an empty file, on another file system than the kernel's one of namespaces. */
    private static boolean isNamespace(Path pin) {
        try {
            return Files.getAttribute(pin, "unix:dev")
                    .equals(Files.getAttribute(Path.of("/proc/self/ns/net"), "unix:dev"));
        } catch (IOException e) {
            return false;
        }
    }
}
