package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.EngineConfig.Timeouts;
import io.carafe.engine.Places;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.model.PodName;
import io.carafe.engine.monitor.Monitor;
import io.carafe.engine.monitor.MonitorRequest;
import io.carafe.engine.monitor.Monitored;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.spec.Hostname;
import io.carafe.engine.stage.Stage;
import io.carafe.engine.table.Table;
import io.carafe.linux.process.UtsNamespace;
import io.carafe.runtime.Launcher;
import io.carafe.runtime.OciRuntime;
import io.carafe.runtime.Placement;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * The container itself: the runtime has made it, its first process waits at the gate, and a monitor watches over it. Undone,
 * neither processes nor cgroup nor the runtime's state are left.
 */
record MonitorStage(
        Monitor monitor,
        RuntimeHandlers handlers,
        CgroupDriver driver,
        Launcher launcher,
        HugePages hugePages,
        Table<PodName, Pod> pods,
        Places places,
        Timeouts timeouts)
        implements Stage<ContainerRecord> {

    static final String NAME = "monitor";

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public UnaryOperator<ContainerRecord> apply(ContainerRecord container, Deadline deadline) throws IOException {
        var limit = deadline.earlierOf(Deadline.after(timeouts.runtime()));
        if (container.restored()) {
            handlers.usable(container.handler(), limit).requireRestore(container.id());
            return UnaryOperator.identity(); // its processes would run at once
        }
        var monitored = make(container, null, limit);
        return record -> record.withMonitored(monitored);
    }

    /**
     * Makes the container of a checkpoint, and runs it.
     *
     * @param images of CRIU
     */
    Monitored restore(ContainerRecord container, Path images, Deadline deadline)
            throws IOException, InterruptedException {
        var monitored = make(container, images, deadline);
        var pod = pods.get(container.podId());
        if (pod.place().uts() != null) { // which CRIU gave the old pod's name
            UtsNamespace.rename(
                    pod.place().uts(), Hostname.of(pod.id(), pod.record().config()));
        }
        return monitored;
    }

    private Monitored make(ContainerRecord container, Path checkpoint, Deadline limit) throws IOException {
        var config = container.config();
        var pod = pods.get(container.podId());
        var log = Container.log(container, pod);
        var monitorCgroup = monitorCgroup(container);
        var runtime = handlers.usable(container.handler(), limit);
        if (checkpoint == null) {
            runtime.prepare(container.id(), places.bundle(container.id()));
        }
        var request = new MonitorRequest(
                container.id(),
                pod.record().config().name().name() + "/" + config.name().name(),
                places.bundle(container.id()),
                runtime,
                log,
                config.tty(),
                config.stdin(),
                config.stdinOnce(),
                checkpoint,
                placement(monitorCgroup, limit));
        var monitored = monitor.create(request, limit);
        hugePages.limit(container);
        return monitored;
    }

    private Placement placement(String cgroup, Deadline limit) throws IOException {
        var directories = driver.startingPlace(cgroup);
        return directories.isEmpty() ? pid -> driver.place(pid, cgroup, limit) : launcher.in(directories);
    }

    @Override
    public UnaryOperator<ContainerRecord> undo(ContainerRecord container, Deadline deadline) throws IOException {
        var limit = deadline.earlierOf(Deadline.after(timeouts.runtime()));
        monitor.discard(container.id(), places.bundle(container.id()), runtime(container), limit);
        driver.remove(container.cgroup(), deadline);
        return UnaryOperator.identity();
    }

    /** A handler that is not configured any more cannot be asked; the container's cgroup is enough to end it. */
    private OciRuntime runtime(ContainerRecord container) {
        try {
            return handlers.get(container.handler());
        } catch (CarafeException.NotFound e) {
            LOG.log(Level.WARNING, "remove container {0} without its runtime: {1}", container.id(), e.getMessage());
            return handlers.get(handlers.defaultName());
        }
    }

    private String monitorCgroup(ContainerRecord container) {
        return driver.monitorCgroup(handlers.handler(container.handler()).monitorCgroup(), container.id());
    }
}
