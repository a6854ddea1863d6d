package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Signal;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.runtime.SandboxedRuntime;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ends a container for sure: every process in its cgroup, frozen or not, and its monitor if that does not notice. One whose
 * processes are a sandbox's is ended by its runtime; should that not answer, the monitor is told that it has ended, and
 * what may be left ends with the sandbox.
 */
record Kill(RuntimeHandlers handlers, CgroupLayout cgroups) {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    /** How long the runtime may take to kill what is in a sandbox, before the sandbox counts as dead. */
    private static final Duration RUNTIME_ANSWERS = Duration.ofSeconds(5);

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
        var sandboxed = handlers.sandboxed(container.record().handler());
        if (sandboxed.isPresent()) {
            killInside(sandboxed.get(), container, deadline);
        } else {
            var cgroup = cgroups.cgroup(container.record().cgroup());
            if (cgroup.exists()) {
                cgroup.kill(deadline);
            }
            first(container).signal(Signal.KILL); // should it have left its cgroup
        }
        if (!exits(container, deadline.earlierOf(Deadline.after(MONITOR_NOTICES)))) {
            LOG.log(Level.WARNING, "the monitor of {0} does not notice its end and is killed", container);
            container.record().monitored().monitor().signal(Signal.KILL);
            if (!exits(container, deadline)) {
                throw new CarafeException.DeadlineExceeded("kill " + container + ": its exit was not reported");
            }
        }
    }

    /** To the container's first process; one that has ended needs none. */
    void signal(Container container, Signal signal, Deadline deadline) throws IOException {
        var sandboxed = handlers.sandboxed(container.record().handler());
        if (sandboxed.isPresent()) {
            sandboxed.get().kill(container.id(), signal, false, deadline);
        } else {
            first(container).signal(signal);
        }
    }

    /** Kills every process that its runtime knows in it. */
    static void all(SandboxedRuntime runtime, Container container, Deadline deadline) {
        try {
            runtime.kill(container.id(), Signal.KILL, true, deadline);
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "kill {0} in its sandbox: {1}", container, e.getMessage());
        }
    }

    private static void killInside(SandboxedRuntime runtime, Container container, Deadline deadline)
            throws IOException, InterruptedException {
        var phase = container.record().phase();
        if (phase == Phase.RUNNING || phase == Phase.STARTING) {
            var limit = deadline.earlierOf(Deadline.after(RUNTIME_ANSWERS));
            all(runtime, container, limit);
            if (exits(container, limit)) {
                return;
            }
        }
        first(container).signal(Signal.KILL);
    }

    /** A sandboxed container's is the process in its place. */
    private static ProcessRef first(Container container) {
        return container.record().monitored().container();
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
