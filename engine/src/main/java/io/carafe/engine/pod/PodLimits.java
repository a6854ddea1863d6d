package io.carafe.engine.pod;

import io.carafe.engine.model.Resources;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Limits of a whole pod, written to its cgroup. No OCI runtime does this: to them a pod's cgroup is only the parent of their
 * containers' ones. What is zero stays as it is.
 */
record PodLimits(CgroupLayout cgroups) {

    private static final long DEFAULT_PERIOD = 100_000;

    void write(String cgroup, Resources limits) throws IOException {
        if (cgroups.mode() == CgroupLayout.Mode.V2) {
            writeV2(cgroups.cgroup(cgroup), limits);
        } else {
            writeV1(cgroups.cgroup(cgroup), limits);
        }
    }

    /** What the containers may use together, and what the sandbox itself may use on top. Either may be null. */
    static Resources sum(Resources containers, Resources overhead) {
        if (containers == null || overhead == null) {
            return containers == null ? overhead == null ? Resources.NONE : overhead : containers;
        }
        return new Resources(
                Math.max(containers.cpuPeriod(), overhead.cpuPeriod()),
                plus(containers.cpuQuota(), overhead.cpuQuota()),
                containers.cpuShares() + overhead.cpuShares(),
                plus(containers.memoryLimit(), overhead.memoryLimit()),
                plus(containers.memorySwapLimit(), overhead.memorySwapLimit()),
                null,
                containers.cpusetCpus(),
                containers.cpusetMems(),
                containers.hugepageLimits(),
                containers.unified());
    }

    /** A part without a limit makes the whole unlimited; one that is not set sets nothing. */
    private static long plus(long limit, long overhead) {
        return limit <= 0 ? limit : limit + Math.max(0, overhead);
    }

    private void writeV2(Cgroup cgroup, Resources limits) throws IOException {
        var directory = cgroup.unifiedDirectory().orElseThrow();
        if (limits.cpuShares() != 0) {
            write(directory.resolve("cpu.weight"), weight(limits.cpuShares()));
        }
        if (limits.cpuQuota() != 0) {
            long period = limits.cpuPeriod() == 0 ? DEFAULT_PERIOD : limits.cpuPeriod();
            write(directory.resolve("cpu.max"), (limits.cpuQuota() < 0 ? "max" : limits.cpuQuota()) + " " + period);
        }
        if (limits.memoryLimit() != 0) {
            write(directory.resolve("memory.max"), limits.memoryLimit() < 0 ? "max" : limits.memoryLimit());
        }
        for (var file : limits.unified().entrySet()) {
            write(directory.resolve(Path.of(file.getKey()).getFileName()), file.getValue());
        }
    }

    private void writeV1(Cgroup cgroup, Resources limits) throws IOException {
        var cpu = cgroup.directory("cpu");
        if (cpu.isPresent() && limits.cpuShares() != 0) {
            write(cpu.get().resolve("cpu.shares"), limits.cpuShares());
        }
        if (cpu.isPresent() && limits.cpuPeriod() != 0) {
            write(cpu.get().resolve("cpu.cfs_period_us"), limits.cpuPeriod());
        }
        if (cpu.isPresent() && limits.cpuQuota() != 0) {
            write(cpu.get().resolve("cpu.cfs_quota_us"), limits.cpuQuota());
        }
        var memory = cgroup.directory("memory");
        if (memory.isPresent() && limits.memoryLimit() != 0) {
            write(memory.get().resolve("memory.limit_in_bytes"), limits.memoryLimit());
        }
    }

    /** Shares of v1, 2 to 262144, as a weight of v2, 1 to 10000, as runc and systemd map them. */
    static long weight(long shares) {
        long bounded = Math.clamp(shares, 2, 262_144);
        return 1 + (bounded - 2) * 9999 / 262_142;
    }

    private static void write(Path file, Object value) throws IOException {
        Files.writeString(file, value.toString());
    }
}
