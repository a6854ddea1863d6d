package io.carafe.engine.spec;

import io.carafe.engine.model.Resources;
import io.carafe.oci.runtime.LinuxResources;
import java.util.List;
import java.util.Map;

/** Limits between the engine's form and the runtime specification's, as they are: nothing is checked or added. */
public final class PlainResources {

    private PlainResources() {}

    public static LinuxResources toOci(Resources limits) {
        return new LinuxResources(
                List.of(),
                new LinuxResources.Memory(
                        set(limits.memoryLimit()),
                        null,
                        set(limits.memorySwapLimit()),
                        null,
                        null,
                        null,
                        null,
                        null,
                        null),
                new LinuxResources.Cpu(
                        set(limits.cpuShares()),
                        set(limits.cpuQuota()),
                        null,
                        set(limits.cpuPeriod()),
                        null,
                        null,
                        set(limits.cpusetCpus()),
                        set(limits.cpusetMems()),
                        null),
                null,
                null,
                limits.hugepageLimits().stream()
                        .map(limit -> new LinuxResources.HugepageLimit(limit.pageSize(), limit.bytes()))
                        .toList(),
                null,
                Map.of(),
                limits.unified());
    }

    /** What the engine's form has no place for is left out. */
    public static Resources of(LinuxResources limits) {
        var memory = limits.memory();
        var cpu = limits.cpu();
        return new Resources(
                cpu == null ? 0 : zero(cpu.period()),
                cpu == null ? 0 : zero(cpu.quota()),
                cpu == null ? 0 : zero(cpu.shares()),
                memory == null ? 0 : zero(memory.limit()),
                memory == null ? 0 : zero(memory.swap()),
                null,
                cpu == null ? "" : empty(cpu.cpus()),
                cpu == null ? "" : empty(cpu.mems()),
                limits.hugepageLimits().stream()
                        .map(limit -> new Resources.HugepageLimit(limit.pageSize(), limit.limit()))
                        .toList(),
                limits.unified());
    }

    private static Long set(long value) {
        return value == 0 ? null : value;
    }

    private static String set(String value) {
        return value.isEmpty() ? null : value;
    }

    private static long zero(Long value) {
        return value == null ? 0 : value;
    }

    private static String empty(String value) {
        return value == null ? "" : value;
    }
}
