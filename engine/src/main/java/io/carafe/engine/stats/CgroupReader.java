package io.carafe.engine.stats;

import io.carafe.engine.model.ContainerStats.Cpu;
import io.carafe.engine.model.ContainerStats.Io;
import io.carafe.engine.model.ContainerStats.Memory;
import io.carafe.engine.model.ContainerStats.Pressure;
import io.carafe.engine.model.ContainerStats.Processes;
import io.carafe.engine.model.ContainerStats.Stall;
import io.carafe.engine.model.ContainerStats.Swap;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.cgroup.CgroupStats;
import io.carafe.linux.cgroup.CgroupUsage;
import io.carafe.linux.cgroup.UsageReader;
import io.carafe.runtime.InsideUsage;
import java.util.Optional;

/** Reads a cgroup in the words of the engine's stats. */
final class CgroupReader {

    private static final long MICROSECOND = 1000;

    private final UsageReader reader;

    CgroupReader(CgroupLayout layout) {
        this.reader = new UsageReader(layout);
    }

    /** What one reading gave; a part is null where it is not counted. */
    record Reading(Cpu cpu, Memory memory, Swap swap, Io io, Processes processes) {
        static final Reading NONE = new Reading(null, null, null, null, null);
    }

    /** @param before the reading before, for the rate; null if there is none */
    Reading read(String path, Reading before) {
        long now = Stats.now();
        return reader.read(path)
                .map(usage -> reading(now, usage, before == null ? null : before.cpu()))
                .orElse(Reading.NONE);
    }

    /** The same of what a kernel counted that has no cgroups. */
    static Reading of(InsideUsage usage, Reading before) {
        long now = Stats.now();
        long memory = usage.memoryBytes();
        return new Reading(
                cpu(now, usage.cpuNanos(), before == null ? null : before.cpu(), null),
                new Memory(now, memory, memory, -1, memory, 0, 0, null),
                null,
                null,
                new Processes(now, usage.processes()));
    }

    private static Reading reading(long now, CgroupUsage usage, Cpu before) {
        return new Reading(
                usage.cpu() < 0
                        ? null
                        : cpu(
                                now,
                                usage.cpu(),
                                before,
                                pressure(usage.pressures().cpu())),
                usage.memory() < 0 ? null : memory(now, usage),
                usage.swap() < 0 ? null : new Swap(now, usage.swap(), left(usage.swapLimit(), usage.swap())),
                usage.pressures()
                        .io()
                        .map(io -> new Io(now, pressure(usage.pressures().io())))
                        .orElse(null),
                usage.pids() < 0 ? null : new Processes(now, usage.pids()));
    }

    private static Cpu cpu(long now, long nanos, Cpu before, Pressure pressure) {
        long rate = -1;
        if (before != null && now > before.timestamp() && nanos >= before.usageNanos()) {
            double seconds = (now - before.timestamp()) / 1e9;
            rate = Math.round((nanos - before.usageNanos()) / seconds);
        }
        return new Cpu(now, nanos, rate, pressure);
    }

    private static Memory memory(long now, CgroupUsage usage) {
        return new Memory(
                now,
                usage.memory(),
                usage.workingSet(),
                left(usage.memoryLimit(), usage.workingSet()),
                Math.max(0, usage.rss()),
                Math.max(0, usage.pageFaults()),
                Math.max(0, usage.majorPageFaults()),
                pressure(usage.pressures().memory()));
    }

    private static long left(long limit, long used) {
        return limit < 0 ? -1 : Math.max(0, limit - used);
    }

    private static Pressure pressure(Optional<CgroupStats.Pressure> pressure) {
        return pressure.map(both -> new Pressure(stall(both.some()), stall(both.full())))
                .orElse(null);
    }

    private static Stall stall(CgroupStats.Stall stall) {
        return new Stall(stall.average10(), stall.average60(), stall.average300(), stall.total() * MICROSECOND);
    }
}
