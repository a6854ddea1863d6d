package io.carafe.engine.container;

import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.monitor.ContainerExit;
import io.carafe.engine.table.Table;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.cgroup.CgroupLayout.Mode;
import io.carafe.runtime.RuntimeHandlers;

/**
 * Whether a container has lost processes because memory ran out: its own, the pod's, or the node's. Its monitor's word alone
 * is not enough. On v1 the monitor hears of every cgroup below the one that was full, whoever was killed; on v2 it looks at
 * its own cgroup's limit only, and under systemd that cgroup may be gone before it looks.
 */
record OomKills(
        RuntimeHandlers handlers, CgroupLayout cgroups, CgroupDriver driver, Table<ContainerKey, Container> table) {

    private static final int KILLED = 137;

    boolean happenedIn(Container container, ContainerExit exit) {
        if (handlers.sandboxed(container.record().handler()).isPresent()) {
            return exit.code() == KILLED && inSandbox(container);
        }
        var cgroup = cgroups.cgroup(container.record().cgroup());
        if (cgroups.mode() == Mode.V2) {
            var pod = cgroups.cgroup(container.pod().record().cgroup());
            return container.pod().oomCount().happenedIn(cgroup, pod, others(container)) || exit.oomKilled();
        }
        var kills = cgroup.oomKills();
        return kills.isPresent() ? kills.getAsLong() > 0 : exit.oomKilled();
    }

    private boolean inSandbox(Container container) {
        var pod = container.pod();
        var sandbox = cgroups.cgroup(driver.containerCgroup(pod.record().cgroup(), pod.id()));
        var counts = sandbox.exists() ? sandbox : cgroups.cgroup(pod.record().cgroup());
        var process = pod.record().sandbox();
        return pod.oomCount().happenedInSandbox(counts, process != null && process.alive());
    }

    /** How many of its pod's other containers have ended too, without anybody having noted it. */
    private long others(Container container) {
        return table.all().stream()
                .filter(other -> other.record().podId().equals(container.pod().id())
                        && !other.id().equals(container.id()))
                .filter(other ->
                        other.record().monitored() != null && other.record().exit() == null)
                .filter(other -> !cgroups.cgroup(other.record().cgroup()).exists())
                .count();
    }
}
