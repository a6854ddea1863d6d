package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.Exit;
import io.carafe.engine.event.ContainerEvent;
import io.carafe.engine.monitor.ContainerExit;
import io.carafe.engine.monitor.Monitor;
import io.carafe.engine.store.Durability;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.nri.Nri;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** Notes how containers end. */
record Exits(
        Monitor monitor,
        RuntimeHandlers handlers,
        ContainerEvents events,
        OomKills oomKills,
        Nri nri,
        CgroupLayout cgroups) {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final Duration KILL_REST = Duration.ofSeconds(10);

    /** Notes the exit of a container that the monitor watches, once it comes. */
    void watch(Container container) {
        var _ = monitor.exit(container.id())
                .thenAccept(exit -> Thread.ofVirtual()
                        .name("exit of " + container)
                        .start(() -> note(container, translated(container, exit))));
    }

    /** Like {@link #watch}, but an exit that is known already is noted before this returns. */
    void adopt(Container container) {
        var known = monitor.exit(container.id()).getNow(null);
        if (known == null) {
            watch(container);
        } else {
            note(container, translated(container, known));
        }
    }

    /** Notes an exit; the first that is noted counts. */
    void note(Container container, Exit exit) {
        try {
            killRest(container);
            container.owner().update(Durability.POWER, record -> record.exited(exit));
        } catch (CarafeException.Unavailable e) {
            return; // the engine has closed; the monitor's exit file tells the next one
        } catch (CarafeException e) {
            // in memory it is noted; the monitor's exit file tells the next engine
            LOG.log(Level.ERROR, "note that {0} has exited: {1}", container, e.getMessage());
        }
        // before anybody who waits for the exit can remove the container, and tell that
        container.endNews().tell(() -> events.publish(container, ContainerEvent.Kind.STOPPED));
        container.exited().complete(null);
        container.endNews().tell(() -> nri.stopContainer(container.id()));
    }

    /**
     * In a pid namespace that the pod shares, the kernel leaves the other processes of the container alone when its first
     * one ends.
     */
    private void killRest(Container container) {
        if (!container.pod().record().sharesPids()) {
            return;
        }
        var sandboxed = handlers.sandboxed(container.record().handler());
        if (sandboxed.isPresent()) {
            Kill.all(sandboxed.get(), container, Deadline.after(KILL_REST));
        } else {
            try {
                var cgroup = cgroups.cgroup(container.record().cgroup());
                if (cgroup.exists()) {
                    cgroup.kill(Deadline.after(KILL_REST));
                }
            } catch (IOException | CarafeException e) {
                LOG.log(Level.WARNING, "kill what is left of {0}: {1}", container, e.getMessage());
            }
        }
    }

    private Exit translated(Container container, ContainerExit exit) {
        boolean oomKilled = oomKills.happenedIn(container, exit);
        if (!exit.problem().isEmpty()) {
            return new Exit(exit.code(), exit.finishedAt(), oomKilled ? "OOMKilled" : "Unknown", exit.problem());
        }
        var reason = oomKilled ? "OOMKilled" : exit.code() == 0 ? "Completed" : "Error";
        return new Exit(exit.code(), exit.finishedAt(), reason, "");
    }
}
