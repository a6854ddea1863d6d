package io.carafe.engine.stats;

import io.carafe.engine.model.ContainerStats.Cpu;
import io.carafe.engine.model.ContainerStats.Memory;
import io.carafe.engine.model.ContainerStats.Pressure;
import io.carafe.engine.model.ContainerStats.Processes;
import io.carafe.engine.model.ContainerStats.Stall;
import io.carafe.engine.model.ContainerStats.Swap;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.cgroup.CgroupStats;
import java.util.Optional;

/** Reads a cgroup in the words of the engine's stats. */
final class CgroupReader {

    private static final long MICROSECOND = 1000;

    private final CgroupLayout layout;

    CgroupReader(CgroupLayout layout) {
        this.layout = layout;
    }

    /** What one reading gave; a part is null where it is not counted. */
    record Reading(Cpu cpu, Memory memory, Swap swap, Pressure io, Processes processes) {
        static final Reading NONE = new Reading(null, null, null, null, null);
    }

    /** @param before the reading before, for the rate; null if there is none */
    Reading read(String path, Reading before) {
        var stats = layout.cgroup(path).stats();
        long now = Stats.now();
        return new Reading(
                stats.cpu()
                        .map(cpu -> cpu(now, cpu, stats.pressures().cpu(), before == null ? null : before.cpu()))
                        .orElse(null),
                stats.memory()
                        .map(memory -> memory(now, memory, stats.pressures().memory()))
                        .orElse(null),
                stats.memory()
                        .filter(memory -> memory.swap() >= 0)
                        .map(memory -> swap(now, memory))
                        .orElse(null),
                pressure(stats.pressures().io()),
                stats.pids().map(pids -> new Processes(now, pids.current())).orElse(null));
    }

    private static Cpu cpu(long now, CgroupStats.Cpu cpu, Optional<CgroupStats.Pressure> pressure, Cpu before) {
        long rate = -1;
        if (before != null && now > before.timestamp() && cpu.usage() >= before.usageNanos()) {
            double seconds = (now - before.timestamp()) / 1e9;
            rate = Math.round((cpu.usage() - before.usageNanos()) / seconds);
        }
        return new Cpu(now, cpu.usage(), rate, pressure(pressure));
    }

    private static Memory memory(long now, CgroupStats.Memory memory, Optional<CgroupStats.Pressure> pressure) {
        return new Memory(
                now,
                memory.usage(),
                memory.workingSet(),
                memory.limit() < 0 ? -1 : Math.max(0, memory.limit() - memory.workingSet()),
                memory.rss(),
                memory.pageFaults(),
                memory.majorPageFaults(),
                pressure(pressure));
    }

    private static Swap swap(long now, CgroupStats.Memory memory) {
        long limit = memory.swapLimit();
        return new Swap(now, memory.swap(), limit < 0 ? -1 : Math.max(0, limit - memory.swap()));
    }

    private static Pressure pressure(Optional<CgroupStats.Pressure> pressure) {
        return pressure.map(both -> new Pressure(stall(both.some()), stall(both.full())))
                .orElse(null);
    }

    private static Stall stall(CgroupStats.Stall stall) {
        return new Stall(stall.average10(), stall.average60(), stall.average300(), stall.total() * MICROSECOND);
    }
}
