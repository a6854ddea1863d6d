package io.carafe.nri.adjust;

import io.carafe.base.CarafeException;
import io.carafe.nri.adjust.Owners.Claims;
import io.carafe.nri.api.Field;
import io.carafe.nri.api.LinuxCPU;
import io.carafe.nri.api.LinuxMemory;
import io.carafe.nri.api.LinuxResources;

/** What of a container's limits a plugin sets. */
final class ResourceClaims {

    private ResourceClaims() {}

    /** Claims all that is set, each part for itself. */
    static void claim(LinuxResources limits, Claims claims) {
        claimMemory(limits.getMemory(), claims);
        claimCpu(limits.getCpu(), claims);
        limits.getHugepageLimitsList().forEach(limit -> claims.claim(Field.HugepageLimits, limit.getPageSize()));
        limits.getUnifiedMap().keySet().forEach(file -> claims.claim(Field.CgroupsUnified, file));
        claimIf(limits.hasPids(), Field.PidsLimit, claims);
        claimIf(limits.hasBlockioClass(), Field.BlockioClass, claims);
        claimIf(limits.hasRdtClass(), Field.RdtClass, claims);
    }

    private static void claimMemory(LinuxMemory memory, Claims claims) {
        claimIf(memory.hasLimit(), Field.MemLimit, claims);
        claimIf(memory.hasReservation(), Field.MemReservation, claims);
        claimIf(memory.hasSwap(), Field.MemSwapLimit, claims);
        claimIf(memory.hasKernel(), Field.MemKernelLimit, claims);
        claimIf(memory.hasKernelTcp(), Field.MemTCPLimit, claims);
        claimIf(memory.hasSwappiness(), Field.MemSwappiness, claims);
        claimIf(memory.hasDisableOomKiller(), Field.MemDisableOomKiller, claims);
        claimIf(memory.hasUseHierarchy(), Field.MemUseHierarchy, claims);
    }

    private static void claimCpu(LinuxCPU cpu, Claims claims) {
        claimIf(cpu.hasShares(), Field.CPUShares, claims);
        claimIf(cpu.hasQuota(), Field.CPUQuota, claims);
        claimIf(cpu.hasPeriod(), Field.CPUPeriod, claims);
        claimIf(cpu.hasRealtimeRuntime(), Field.CPURealtimeRuntime, claims);
        claimIf(cpu.hasRealtimePeriod(), Field.CPURealtimePeriod, claims);
        claimIf(!cpu.getCpus().isEmpty(), Field.CPUSetCPUs, claims);
        claimIf(!cpu.getMems().isEmpty(), Field.CPUSetMems, claims);
    }

    private static void claimIf(boolean set, Field field, Claims claims) {
        if (set) {
            claims.claim(field);
        }
    }

    /** Classes of a container that exists cannot be changed: its runtime's update knows of neither. */
    static void refuseClasses(LinuxResources limits, Claims claims) {
        if (limits.hasBlockioClass() || limits.hasRdtClass()) {
            throw new CarafeException.Unimplemented("plugin " + claims.plugin() + " sets the block I/O or RDT class of "
                    + claims.containerId() + ": that can be done at its creation only");
        }
    }
}
