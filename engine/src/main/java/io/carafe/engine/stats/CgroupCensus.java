package io.carafe.engine.stats;

import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.cgroup.CgroupStats;
import io.carafe.linux.process.OpenFiles;

/** Reads all that a cgroup counts, and what its processes have open: many times the cost of {@link CgroupReader}. */
final class CgroupCensus {

    private final CgroupLayout layout;

    CgroupCensus(CgroupLayout layout) {
        this.layout = layout;
    }

    /**
     * @param path the cgroup's
     * @param takenAt nanoseconds since 1970
     */
    record Count(String path, long takenAt, CgroupStats stats, long processes, OpenFiles files) {}

    /** Null if the cgroup is gone. */
    Count of(String path) {
        var cgroup = layout.cgroup(path);
        if (!cgroup.exists()) {
            return null;
        }
        var processes = cgroup.members();
        var files = processes.stream().map(OpenFiles::of).reduce(OpenFiles.NONE, OpenFiles::plus);
        return new Count(path, Stats.now(), cgroup.stats(), processes.size(), files);
    }
}
