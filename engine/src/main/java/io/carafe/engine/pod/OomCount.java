package io.carafe.engine.pod;

import io.carafe.linux.cgroup.Cgroup;
import java.util.HashSet;
import java.util.Set;

/**
 * Which of a pod's containers have lost processes because memory ran out. A container's own cgroup tells, as long as it is
 * there: systemd takes a scope away with its last process. Then the pod's cgroup tells, which on v2 counts what happens below
 * it, and what happened in cgroups that are gone.
 */
public final class OomCount {

    /** Cgroups of containers that have ended, but may still be there. */
    private final Set<String> ended = new HashSet<>();

    /** How many kills are known to be those of a container. */
    private long assigned;

    /** After a restart of the daemon: what was counted for containers that are gone was told, or is not known any more. */
    synchronized void settle(Cgroup podOrSandbox) {
        assigned = unassigned(podOrSandbox);
    }

    /**
     * Whether there were any in a container that has just ended. None of them counts for another one afterwards.
     *
     * @param others how many containers of the pod have lost their cgroups and are yet to be asked for
     */
    public synchronized boolean happenedIn(Cgroup container, Cgroup pod, long others) {
        var own = container.oomKills();
        long kills = own.isPresent() ? own.getAsLong() : unassigned(pod);
        ended.add(container.path());
        assigned += own.isPresent() || others == 0 ? kills : Math.min(kills, 1);
        return kills > 0;
    }

    /**
     * Whether there were any in a container that has just ended in a sandbox, whose cgroup has the processes of all. The kernel
     * may kill one that stands for a process inside, or the sandbox: then all containers have ended of it.
     */
    public synchronized boolean happenedInSandbox(Cgroup sandbox, boolean lives) {
        long kills = unassigned(sandbox);
        assigned += lives ? kills : 0;
        return kills > 0;
    }

    private long unassigned(Cgroup pod) {
        long running = pod.children().stream()
                .filter(child -> !ended.contains(child.path()))
                .mapToLong(child -> child.oomKills().orElse(0))
                .sum();
        return Math.max(0, pod.oomKills().orElse(0) - running - assigned);
    }
}
