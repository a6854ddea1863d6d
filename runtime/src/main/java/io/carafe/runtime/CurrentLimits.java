package io.carafe.runtime;

import io.carafe.base.CarafeException;
import io.carafe.linux.cgroup.CgroupFile;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.runtime.plan.HostFacts;
import io.carafe.runtime.plan.PlanRequest;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Completes an update by what a container has just now, where the kernel takes two values together: swap is counted with memory,
 * and on v2 one file has CPU quota and period; what stays idle or does not is left alone. And it refuses a limit of memory below what is used, where that is asked for
 * ({@code checkBeforeUpdate}), which the kernel would answer by killing.
 *
 * @param request the container's own
 */
public record CurrentLimits(HostFacts facts, PlanRequest request) {

    public LinuxResources complete(LinuxResources changes) {
        var memory = changes.memory() == null ? null : complete(changes.memory());
        var cpu = changes.cpu() == null ? null : complete(changes.cpu());
        return new LinuxResources(
                changes.devices(),
                memory,
                cpu,
                changes.pids(),
                changes.blockIO(),
                changes.hugepageLimits(),
                changes.network(),
                changes.rdma(),
                changes.unified());
    }

    private LinuxResources.Memory complete(LinuxResources.Memory memory) {
        if (Boolean.TRUE.equals(memory.checkBeforeUpdate()) && memory.limit() != null && memory.limit() > 0) {
            check(memory.limit());
        }
        boolean completes = memory.swap() != null && memory.swap() > 0 && memory.limit() == null;
        if (!completes || facts.cgroups().v1().containsKey("memory")) {
            return memory;
        }
        var now = read("memory", "memory.max").map(CgroupFile::limit).orElse(-1L);
        return new LinuxResources.Memory(
                now,
                memory.reservation(),
                memory.swap(),
                memory.kernel(),
                memory.kernelTCP(),
                memory.swappiness(),
                memory.disableOOMKiller(),
                memory.useHierarchy(),
                memory.checkBeforeUpdate());
    }

    private void check(long limit) {
        var file = facts.cgroups().v1().containsKey("memory") ? "memory.usage_in_bytes" : "memory.current";
        var used = read("memory", file).map(text -> Long.parseLong(text.strip()));
        if (used.isPresent() && used.get() > limit) {
            throw new CarafeException.FailedPrecondition("linux.resources.memory.limit: " + limit + " is less than the "
                    + used.get() + " bytes that the container uses just now");
        }
    }

    private LinuxResources.Cpu complete(LinuxResources.Cpu cpu) {
        return new LinuxResources.Cpu(
                cpu.shares(),
                quota(cpu),
                cpu.burst(),
                cpu.period(),
                cpu.realtimeRuntime(),
                cpu.realtimePeriod(),
                cpu.cpus(),
                cpu.mems(),
                staysBusy(cpu) ? null : cpu.idle());
    }

    private Long quota(LinuxResources.Cpu cpu) {
        boolean completes = cpu.period() != null && cpu.quota() == null;
        if (!completes || facts.cgroups().v1().containsKey("cpu")) {
            return cpu.quota();
        }
        return read("cpu", "cpu.max")
                .map(text -> CgroupFile.limit(text.strip().split(" ")[0]))
                .orElse(-1L);
    }

    /** One that is not idle keeps its weight when it is told not to be; one that was has none to keep. */
    private boolean staysBusy(LinuxResources.Cpu cpu) {
        return cpu.idle() != null
                && cpu.idle() == 0
                && read("cpu", "cpu.idle")
                        .filter(text -> text.strip().equals("0"))
                        .isPresent();
    }

    private Optional<String> read(String controller, String file) {
        return request.cgroup(facts, controller).flatMap(directory -> CgroupFile.read(Path.of(directory, file)));
    }
}
