package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.Signal;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ends a container for sure: every process in its cgroup, frozen or not, and its monitor if that does not notice. */
record Kill(CgroupLayout cgroups) {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    /** How long a monitor may take to report that its container has ended. */
    private static final Duration MONITOR_NOTICES = Duration.ofSeconds(10);

    /**
     * Returns once the exit is noted; at once if it was before.
     *
     * @throws CarafeException.DeadlineExceeded if a process cannot be killed, because it waits for a disk or a server
     */
    void kill(Container container, Deadline deadline) throws IOException, InterruptedException {
        if (container.exited().isDone()) {
            return;
        }
        var cgroup = cgroups.cgroup(container.record().cgroup());
        if (cgroup.exists()) {
            cgroup.kill(deadline);
        }
        container.record().monitored().container().signal(Signal.KILL); // should it have left its cgroup
        if (!exits(container, deadline.earlierOf(Deadline.after(MONITOR_NOTICES)))) {
            LOG.log(Level.WARNING, "the monitor of {0} does not notice its end and is killed", container);
            container.record().monitored().monitor().signal(Signal.KILL);
            if (!exits(container, deadline)) {
                throw new CarafeException.DeadlineExceeded("kill " + container + ": its exit was not reported");
            }
        }
    }

    private static boolean exits(Container container, Deadline deadline) throws InterruptedException {
        try {
            container.exited().get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("nothing completes it with an error", e);
        }
    }

    /** Whether there is something to kill. */
    static boolean alive(Container container) {
        return container.record().phase() != Phase.MAKING && !container.exited().isDone();
    }
}
