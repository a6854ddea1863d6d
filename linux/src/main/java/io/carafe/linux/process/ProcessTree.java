package io.carafe.linux.process;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A process, its descendants, and whoever is in the sessions that they lead. For killing what has no cgroup of its own; a
 * process that has put itself under init and in a session of its own has left the tree.
 */
public final class ProcessTree {

    private ProcessTree() {}

    /**
     * Kills them all and waits for their ends. Each is stopped before its children are looked for, so that none forks away
     * while the tree is read.
     *
     * @return false if some are still there at the deadline
     */
    public static boolean kill(List<ProcessRef> roots, Deadline deadline) throws IOException {
        var found = new LinkedHashMap<Integer, ProcessRef>();
        for (var root : roots) {
            if (root.signal(Signal.STOP)) {
                found.put(root.pid(), root);
            }
        }
        if (found.isEmpty()) {
            return true;
        }
        while (stopDescendants(found)) {
            // the last round found more, and those may have children that the round did not see
        }
        boolean gone = true;
        var handles = new ArrayList<Pidfd>();
        try {
            for (var process : found.values()) {
                process.open().ifPresent(handles::add);
            }
            for (var handle : handles) {
                handle.signal(Signal.KILL);
            }
            for (var handle : handles) {
                gone &= handle.awaitExit(deadline);
            }
        } finally {
            handles.forEach(Pidfd::close);
        }
        return gone;
    }

    private static boolean stopDescendants(Map<Integer, ProcessRef> found) throws IOException {
        var processes = all();
        var members = new HashSet<>(found.keySet());
        boolean grown = true;
        while (grown) {
            grown = false;
            for (var stat : processes.values()) {
                if (!members.contains(stat.pid()) && belongs(stat, members)) {
                    members.add(stat.pid());
                    grown = true;
                }
            }
        }
        boolean more = false;
        for (int pid : members) {
            var stat = processes.get(pid);
            if (!found.containsKey(pid) && stat != null && !stat.dead()) {
                var process = new ProcessRef(pid, stat.startTime());
                stop(process);
                found.put(pid, process);
                more = true;
            }
        }
        return more;
    }

    private static boolean belongs(ProcStat stat, Set<Integer> members) {
        return members.contains(stat.ppid()) || members.contains(stat.session());
    }

    private static void stop(ProcessRef process) {
        try {
            process.signal(Signal.STOP);
        } catch (SyscallException e) {
            throw new CarafeException.Internal(e.getMessage(), e);
        }
    }

    private static Map<Integer, ProcStat> all() throws IOException {
        var stats = new HashMap<Integer, ProcStat>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var entry : entries) {
                ProcStat.of(Integer.parseInt(entry.getFileName().toString()))
                        .ifPresent(stat -> stats.put(stat.pid(), stat));
            }
        }
        return stats;
    }
}
