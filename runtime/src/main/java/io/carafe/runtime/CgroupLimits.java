package io.carafe.runtime;

import io.carafe.base.CarafeException;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupFile;
import io.carafe.oci.runtime.LinuxResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes limits to a cgroup itself, on v1, hybrid and v2: those of a pod, whose cgroup is no OCI runtime's, and those that
 * {@code update} of some runtimes leaves out (huge pages and unified files with runc 1.1).
 *
 * <p>All are written or none: when the kernel refuses one, those before it get back what they had.
 */
public final class CgroupLimits {

    private static final String NO_LIMIT = "max";

    private final Cgroup cgroup;
    private final List<Written> written = new ArrayList<>();

    /** @param before what to write to take it back */
    private record Written(Path file, String before) {}

    private CgroupLimits(Cgroup cgroup) {
        this.cgroup = cgroup;
    }

    /**
     * Writes what is not null.
     *
     * @return what was written, to be taken back if what comes after it fails
     * @throws CarafeException.InvalidArgument if the kernel does not take a value
     * @throws CarafeException.FailedPrecondition if this node or this cgroup has no such limit, or uses more just now
     */
    public static CgroupLimits write(Cgroup cgroup, LinuxResources limits) {
        var writer = new CgroupLimits(cgroup);
        try {
            writer.writeAll(limits);
            return writer;
        } catch (CarafeException e) {
            writer.undo();
            throw e;
        }
    }

    /** Writes back what was there before. What cannot be is left: the cgroup is going, or it has grown meanwhile. */
    public void undo() {
        for (var one : written.reversed()) {
            try {
                CgroupFile.write(one.file, one.before);
            } catch (IOException e) {
                System.getLogger("io.carafe.runtime")
                        .log(System.Logger.Level.WARNING, "write back " + one.file + ": " + e.getMessage());
            }
        }
        written.clear();
    }

    private void writeAll(LinuxResources limits) {
        if (limits.cpu() != null) {
            cpu(limits.cpu());
            cpuset(limits.cpu());
        }
        if (limits.memory() != null) {
            memory(limits.memory());
        }
        if (limits.pids() != null && limits.pids().limit() != null) {
            put("pids", "pids.max", orMax(limits.pids().limit()));
        }
        limits.hugepageLimits().forEach(this::hugepages);
        limits.unified().forEach(this::unified);
    }

    private void cpu(LinuxResources.Cpu cpu) {
        if (cpu.shares() != null) {
            if (has("cpu", "cpu.shares")) {
                put("cpu", "cpu.shares", cpu.shares().toString());
            } else {
                put("cpu", "cpu.weight", Long.toString(weight(cpu.shares())));
            }
        }
        if (has("cpu", "cpu.max")) {
            if (cpu.quota() != null || cpu.period() != null) {
                var now = current("cpu", "cpu.max").strip().split(" ");
                put(
                        "cpu",
                        "cpu.max",
                        (cpu.quota() == null ? now[0] : orMax(cpu.quota())) + " "
                                + (cpu.period() == null ? now[1] : cpu.period()));
            }
            return;
        }
        if (cpu.period() != null) {
            put("cpu", "cpu.cfs_period_us", cpu.period().toString());
        }
        if (cpu.quota() != null) {
            put("cpu", "cpu.cfs_quota_us", cpu.quota().toString());
        }
    }

    private void cpuset(LinuxResources.Cpu cpu) {
        if (cpu.cpus() != null) {
            put("cpuset", "cpuset.cpus", cpu.cpus());
        }
        if (cpu.mems() != null) {
            put("cpuset", "cpuset.mems", cpu.mems());
        }
    }

    private void memory(LinuxResources.Memory memory) {
        if (has("memory", "memory.limit_in_bytes")) {
            memoryV1(memory.limit(), memory.swap());
            return;
        }
        if (memory.limit() != null) {
            put("memory", "memory.max", orMax(memory.limit()));
        }
        if (memory.swap() != null) {
            var limit = memory.limit() == null ? CgroupFile.limit(current("memory", "memory.max")) : memory.limit();
            put("memory", "memory.swap.max", swapAlone(memory.swap(), limit));
        }
    }

    /** The kernel wants the limit of memory and swap together never below that of memory alone. */
    private void memoryV1(Long limit, Long withSwap) {
        boolean raises = withSwap != null && raises(withSwap, current("memory", "memory.memsw.limit_in_bytes"));
        if (raises) {
            put("memory", "memory.memsw.limit_in_bytes", withSwap.toString());
        }
        if (limit != null) {
            put("memory", "memory.limit_in_bytes", limit.toString());
        }
        if (withSwap != null && !raises) {
            put("memory", "memory.memsw.limit_in_bytes", withSwap.toString());
        }
    }

    private static boolean raises(long limit, String current) {
        long now = CgroupFile.limit(current);
        return now >= 0 && (limit < 0 || limit > now);
    }

    /** v2 counts swap alone, the runtime specification together with memory. */
    private static String swapAlone(long withMemory, long memory) {
        if (withMemory < 0) {
            return NO_LIMIT;
        }
        if (memory < 0) {
            throw new CarafeException.InvalidArgument("memory and swap limit " + withMemory
                    + " without a memory limit: how much of it is swap is not known");
        }
        return Long.toString(Math.max(0, withMemory - memory));
    }

    private void hugepages(LinuxResources.HugepageLimit limit) {
        var stem = "hugetlb." + limit.pageSize() + ".";
        var value = Long.toUnsignedString(limit.limit());
        boolean v1 = has("hugetlb", stem + "limit_in_bytes");
        put("hugetlb", stem + (v1 ? "limit_in_bytes" : "max"), value);
        // reservations fail at mmap instead of by a signal at the first touch (Linux 5.7)
        var reserved = stem + "rsvd." + (v1 ? "limit_in_bytes" : "max");
        if (has("hugetlb", reserved)) {
            put("hugetlb", reserved, value);
        }
    }

    private void unified(String file, String value) {
        var directory = cgroup.unifiedDirectory()
                .orElseThrow(() -> new CarafeException.FailedPrecondition(
                        "limit cgroup " + cgroup + ": " + file + " needs cgroup v2"));
        put(directory.resolve(file), value);
    }

    /** Shares of v1, 2 to 262144, as a weight of v2, 1 to 10000, as runc and systemd map them. */
    public static long weight(long shares) {
        long bounded = Math.clamp(shares, 2, 262_144);
        return 1 + (bounded - 2) * 9999 / 262_142;
    }

    private static String orMax(long limit) {
        return limit < 0 ? NO_LIMIT : Long.toString(limit);
    }

    private boolean has(String controller, String file) {
        return cgroup.directory(controller)
                .filter(directory -> Files.exists(directory.resolve(file)))
                .isPresent();
    }

    private String current(String controller, String file) {
        return CgroupFile.read(directory(controller, file).resolve(file)).orElseThrow(() -> missing(file));
    }

    private void put(String controller, String file, String value) {
        put(directory(controller, file).resolve(file), value);
    }

    private Path directory(String controller, String file) {
        return cgroup.directory(controller).orElseThrow(() -> missing(file));
    }

    private CarafeException missing(String file) {
        return new CarafeException.FailedPrecondition("limit cgroup " + cgroup + ": it has no " + file
                + "; the controller is not enabled for it, or this kernel has none");
    }

    private void put(Path file, String value) {
        var before = Optional.of(file)
                .filter(Files::isRegularFile)
                .flatMap(CgroupFile::read)
                .orElseThrow(() -> missing(file.getFileName().toString()));
        try {
            CgroupFile.write(file, value);
            written.add(new Written(file, before.strip()));
        } catch (IOException e) {
            throw refused(file, value, e);
        }
    }

    private CarafeException refused(Path file, String value, IOException e) {
        var reason = String.valueOf(e.getMessage());
        var message = "limit cgroup " + cgroup + ": write \"" + value + "\" to " + file + ": " + reason;
        if (reason.contains("busy")) {
            return new CarafeException.FailedPrecondition(message + "; its processes use more just now", e);
        }
        return reason.contains("Invalid argument") || reason.contains("out of range")
                ? new CarafeException.InvalidArgument(message, e)
                : new CarafeException.Internal(message, e);
    }
}
