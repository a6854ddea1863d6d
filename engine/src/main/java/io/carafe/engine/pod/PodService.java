package io.carafe.engine.pod;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.EngineCore;
import io.carafe.engine.Ids;
import io.carafe.engine.Pods;
import io.carafe.engine.event.ContainerEvent;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodName;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.model.Resources;
import io.carafe.engine.pod.PodRecord.Phase;
import io.carafe.engine.spec.PodFiles;
import io.carafe.engine.spec.SandboxSpec;
import io.carafe.engine.stage.Operation;
import io.carafe.engine.stage.Owner;
import io.carafe.engine.stage.Stages;
import io.carafe.engine.store.Change.Kind;
import io.carafe.engine.store.Durability;
import io.carafe.engine.table.Claims;
import io.carafe.engine.table.Table;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.runtime.SandboxedRuntime;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Pods by their stages: run applies all, stop undoes down to the namespaces, remove undoes the rest. */
public final class PodService implements Pods, AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    private final Table<PodName, Pod> table;
    private final Stages<PodRecord> stages;
    private final PodContainers containers;
    private final PortForwarder ports;
    private final UserNamespaceSupport users;
    private final PodPlugins plugins;
    private final EngineCore core;
    private final Claims<PodName> claims = new Claims<>();
    private final SandboxGuard guard = new SandboxGuard();

    private PodService(
            EngineCore core,
            Stages<PodRecord> stages,
            PodContainers containers,
            PortForwarder ports,
            UserNamespaceSupport users) {
        this.core = core;
        this.table = core.pods();
        this.stages = stages;
        this.containers = containers;
        this.ports = ports;
        this.users = users;
        this.plugins = new PodPlugins(core.parts().nri());
    }

    /** @param swept completes when network attachments left by an earlier engine have been freed */
    public static PodService of(
            EngineCore core,
            PodContainers containers,
            NetnsThreads threads,
            UserNamespaceSupport users,
            CompletableFuture<Void> swept) {
        var parts = core.parts();
        var places = core.places();
        var stages = new Stages<PodRecord>(
                List.of(
                        new CgroupStage(parts.driver(), parts.specs()),
                        new NamespacesStage(parts.launcher(), parts.handlers(), parts.driver(), places),
                        new NetworkStage(
                                parts.network(), places, swept, core.timeouts().network()),
                        new FilesStage(new PodFiles(), places),
                        new SandboxStage(parts.handlers(), parts.cgroups(), parts.driver(), places)),
                core.timeouts().operation(),
                parts.timings(),
                parts.faults());
        var ports = new PortForwarder(threads, parts.handlers(), places);
        return new PodService(core, stages, containers, ports, users);
    }

    /** Takes up what an earlier engine left. */
    public PodRecovery recovery() {
        return new PodRecovery(this, core);
    }

    @Override
    public String run(PodConfig config, Deadline deadline) {
        var handler = core.parts().handlers().handler(config.runtimeHandler()).name();
        return claims.makeOnce(config.name(), this::existing, () -> begin(config, handler), deadline);
    }

    private Optional<String> existing(PodName name) {
        return table.named(name).map(pod -> {
            if (pod.record().phase() != Phase.READY) {
                throw new CarafeException.AlreadyExists("run pod " + name + ": attempt " + name.attempt()
                        + " of it exists as " + Ids.brief(pod.id())
                        + " and has been stopped; remove it or run the next attempt");
            }
            return pod.id();
        });
    }

    private Operation<String> begin(PodConfig config, String handler) {
        var id = core.ids().next();
        var cgroup = core.parts().driver().podCgroup(config.cgroupParent(), id);
        boolean ownCgroup = !core.parts().cgroups().cgroup(cgroup).exists();
        var record = new PodRecord(
                id, config, handler, Instant.now(), Phase.MAKING, cgroup, ownCgroup, List.of(), null, null);
        var pod = new Pod(new Owner<>(Kind.POD, id, record, List.of(), core.store()), core.places());
        return pod.owner().queue().submit(pod.operation("run"), operation -> make(operation, pod));
    }

    private String make(Operation<String> operation, Pod pod) {
        var name = pod.record().config().name();
        try {
            requirePossible(pod);
            stages.apply(operation, pod.owner(), Deadline.after(core.timeouts().operation()));
            operation.at("plugins");
            plugins.run(pod);
            pod.owner().update(Durability.POWER, record -> record.withPhase(Phase.READY));
            table.add(pod.id(), name, pod);
            guard(pod);
            publish(pod, ContainerEvent.Kind.CREATED);
            publish(pod, ContainerEvent.Kind.STARTED);
            return pod.id();
        } catch (CarafeException e) {
            discard(pod);
            plugins.nri().removePod(pod.id());
            throw e;
        } finally {
            claims.release(name);
        }
    }

    /** The pod itself needs no runtime, but it would stand there with no container ever to come. */
    private void requirePossible(Pod pod) {
        try {
            core.parts().specs().check(pod.id(), pod.record().config());
            var _ = PodBandwidth.of(pod.record().config().annotations());
            var limit = Deadline.after(core.timeouts().runtime());
            var runtime = core.parts().handlers().usable(pod.record().handler(), limit);
            if (runtime instanceof SandboxedRuntime) {
                SandboxSpec.check(pod.record().config());
            }
            if (pod.record().userNamespace() != null) {
                var problem = users.problem(runtime.name(), runtime.features(limit));
                if (!problem.isEmpty()) {
                    throw new CarafeException.FailedPrecondition("pods cannot have user namespaces here: " + problem);
                }
            }
        } catch (CarafeException e) {
            throw e.in("run " + pod);
        }
    }

    /** A pod whose sandbox dies is not ready any more. */
    void guard(Pod pod) {
        if (pod.record().sandbox() != null) {
            guard.watch(pod, this::lost);
        }
    }

    private void lost(Pod pod) {
        if (pod.record().phase() == Phase.READY) {
            LOG.log(Level.WARNING, "{0} is stopped: its sandbox has died", pod);
            finishStop(pod);
        }
    }

    /** Undoes a pod that was never seen by anybody, now or later. */
    void discard(Pod pod) {
        try {
            stages.undo(pod.operation("discard"), pod.owner());
            pod.owner().delete();
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "{0} is left over: {1}", pod, e.getMessage());
            core.leftovers().retry(pod.toString(), () -> {
                stages.undo(pod.operation("discard"), pod.owner());
                pod.owner().delete();
            });
        }
    }

    @Override
    public void stop(String id, Deadline deadline) {
        table.find(id).ifPresent(pod -> beginStop(pod).await(deadline));
    }

    /** Goes on with a stop that an earlier engine began, or that is due since the pod is broken. */
    void finishStop(Pod pod) {
        beginStop(pod).await(Deadline.after(core.timeouts().operation()));
    }

    /** Goes on with a removal that an earlier engine began. */
    void finishRemove(Pod pod) {
        beginRemove(pod).await(Deadline.after(core.timeouts().operation()));
    }

    private Operation<Void> beginStop(Pod pod) {
        return pod.owner().queue().joinOrSubmit(pod.operation("stop"), operation -> stopNow(operation, pod));
    }

    private void stopNow(Operation<Void> operation, Pod pod) {
        boolean wasReady = stopContainers(operation, pod);
        plugins.nri().stopPod(pod.id());
        var freeing = containers.freeAll(pod.id());
        stages.undo(
                operation,
                pod.owner(),
                "namespaces"); // meanwhile: network plugins wait for the kernel most of the time
        if (wasReady) {
            publish(pod, ContainerEvent.Kind.STOPPED);
        }
        operation.at("containers");
        freeing.await(Deadline.after(core.timeouts().operation()));
    }

    /** Returns whether the pod was ready until now. */
    private boolean stopContainers(Operation<Void> operation, Pod pod) {
        boolean wasReady = pod.record().phase() == Phase.READY;
        if (wasReady) {
            pod.owner().update(Durability.PROCESS, record -> record.withPhase(Phase.STOPPED));
        }
        operation.at("containers");
        containers.stopAll(pod.id(), Deadline.after(core.timeouts().operation()));
        return wasReady;
    }

    @Override
    public void remove(String id, Deadline deadline) {
        table.find(id).ifPresent(pod -> beginRemove(pod).await(deadline));
    }

    private Operation<Void> beginRemove(Pod pod) {
        return pod.owner().queue().joinOrSubmit(pod.operation("remove"), operation -> removeNow(operation, pod));
    }

    private void removeNow(Operation<Void> operation, Pod pod) {
        if (table.find(pod.id()).isEmpty()) {
            return; // removed while this waited in the queue
        }
        boolean wasReady = stopContainers(operation, pod);
        plugins.nri().stopPod(pod.id());
        pod.owner().update(Durability.PROCESS, record -> record.withPhase(Phase.REMOVING));
        table.freeName(pod.record().config().name(), pod);
        var removal = containers.removeAll(pod.id());
        stages.undo(operation, pod.owner(), "namespaces"); // meanwhile: nothing runs in the namespaces any more
        if (wasReady) {
            publish(pod, ContainerEvent.Kind.STOPPED);
        }
        operation.at("containers");
        removal.await(Deadline.after(core.timeouts().operation()));
        stages.undo(operation, pod.owner());
        pod.owner().delete();
        plugins.nri().removePod(pod.id());
        table.remove(pod.id(), pod.record().config().name());
        publish(pod, ContainerEvent.Kind.DELETED);
    }

    @Override
    public PodStatus status(String id) {
        return table.get(id).status();
    }

    @Override
    public List<PodStatus> list(Filter<PodState> filter) {
        return table.all().stream()
                .filter(pod -> pod.id().startsWith(filter.id()))
                .filter(pod -> filter.state() == null || pod.record().state() == filter.state())
                .filter(pod -> pod.record()
                        .config()
                        .labels()
                        .entrySet()
                        .containsAll(filter.labels().entrySet()))
                .sorted(Comparator.comparing((Pod pod) -> pod.record().createdAt())
                        .reversed())
                .map(Pod::status)
                .toList();
    }

    @Override
    public void updateResources(String id, Resources resources, Resources overhead, Deadline deadline) {
        var pod = table.get(id);
        pod.owner()
                .queue()
                .submit(pod.operation("update"), _ -> update(pod, resources, overhead, deadline))
                .await(deadline);
    }

    private Void update(Pod pod, Resources resources, Resources overhead, Deadline deadline) throws IOException {
        var limits = core.parts().specs().podResources(PodLimits.sum(resources, overhead));
        plugins.update(pod, resources, overhead);
        core.parts().driver().limitPod(pod.record().cgroup(), limits, deadline);
        pod.owner().update(Durability.POWER, record -> record.withLimits(resources, overhead));
        plugins.nri().podUpdated(pod.id());
        return null;
    }

    @Override
    public SocketChannel portForward(String id, int port, Deadline deadline) {
        var pod = table.get(id);
        if (pod.record().phase() != Phase.READY) {
            throw new CarafeException.FailedPrecondition("forward port " + port + " of " + pod + ": it is not ready");
        }
        return ports.connect(pod, port, deadline);
    }

    /** Stops watching; pods go on. */
    @Override
    public void close() {
        guard.close();
    }

    private void publish(Pod pod, ContainerEvent.Kind kind) {
        if (core.events().hasSubscribers()) {
            core.events()
                    .publish(new ContainerEvent(pod.id(), kind, Instant.now(), pod.status(), containers.of(pod.id())));
        }
    }
}
