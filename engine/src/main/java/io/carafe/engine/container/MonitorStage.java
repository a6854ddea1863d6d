package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.EngineConfig.Timeouts;
import io.carafe.engine.Places;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.model.PodName;
import io.carafe.engine.monitor.Monitor;
import io.carafe.engine.monitor.MonitorRequest;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.stage.Stage;
import io.carafe.engine.table.Table;
import io.carafe.runtime.OciRuntime;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.function.UnaryOperator;

/**
 * The container itself: the runtime has made it, its first process waits at the gate, and a monitor watches over it. Undone,
 * neither processes nor cgroup nor the runtime's state are left.
 */
record MonitorStage(
        Monitor monitor,
        RuntimeHandlers handlers,
        CgroupDriver driver,
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
        var config = container.config();
        var pod = pods.get(container.podId());
        var log = Container.log(container, pod);
        var limit = deadline.earlierOf(Deadline.after(timeouts.runtime()));
        var monitorCgroup = monitorCgroup(container);
        var request = new MonitorRequest(
                container.id(),
                pod.record().config().name().name() + "/" + config.name().name(),
                places.bundle(container.id()),
                handlers.usable(container.handler(), limit),
                log,
                config.tty(),
                config.stdin(),
                config.stdinOnce(),
                pid -> driver.place(pid, monitorCgroup, limit));
        var monitored = monitor.create(request, limit);
        return record -> record.withMonitored(monitored);
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
