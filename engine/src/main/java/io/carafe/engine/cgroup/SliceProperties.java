package io.carafe.engine.cgroup;

import io.carafe.linux.cgroup.CgroupLayout.Mode;
import io.carafe.linux.dbus.Body.Property;
import io.carafe.linux.dbus.Value;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.runtime.CgroupLimits;
import io.carafe.runtime.UnitLimits;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Limits as properties of a slice (systemd.resource-control(5)), which systemd writes, and writes again when it thinks it
 * must: what is only written to the files would be lost then.
 */
record SliceProperties(Mode mode) {

    /** What is null sets nothing. */
    List<Property> of(LinuxResources limits) {
        var properties = new ArrayList<Property>();
        if (limits.cpu() != null) {
            addCpu(properties, limits.cpu());
        }
        if (limits.memory() != null) {
            addMemory(properties, limits.memory());
        }
        if (mode == Mode.V2) {
            limits.unified()
                    .forEach((file, value) -> UnitLimits.unified(file, value)
                            .forEach((name, number) -> properties.add(number(name, number))));
        }
        return properties;
    }

    private void addCpu(List<Property> properties, LinuxResources.Cpu cpu) {
        boolean v2 = mode == Mode.V2;
        if (cpu.shares() != null) {
            long weight = v2 ? CgroupLimits.weight(cpu.shares()) : cpu.shares();
            properties.add(number(v2 ? "CPUWeight" : "CPUShares", weight));
        }
        if (cpu.quota() != null) {
            long period = cpu.period() == null ? UnitLimits.DEFAULT_PERIOD : cpu.period();
            properties.add(number("CPUQuotaPerSecUSec", UnitLimits.perSecond(cpu.quota(), period)));
            properties.add(number("CPUQuotaPeriodUSec", period));
        }
        if (v2 && cpu.cpus() != null) {
            properties.add(set("AllowedCPUs", cpu.cpus()));
        }
        if (v2 && cpu.mems() != null) {
            properties.add(set("AllowedMemoryNodes", cpu.mems()));
        }
    }

    private void addMemory(List<Property> properties, LinuxResources.Memory memory) {
        boolean v2 = mode == Mode.V2;
        if (memory.limit() != null) {
            properties.add(number(
                    v2 ? "MemoryMax" : "MemoryLimit", memory.limit() < 0 ? UnitLimits.INFINITY : memory.limit()));
        }
        if (v2 && memory.swap() != null && memory.limit() != null) {
            boolean none = memory.swap() < 0 || memory.limit() < 0;
            properties.add(number("MemorySwapMax", none ? UnitLimits.INFINITY : memory.swap() - memory.limit()));
        }
    }

    /** A list such as {@code 0-3,7} as a bit for each number, the lowest first. */
    private static Property set(String name, String list) {
        var set = new BitSet();
        for (var range : list.split(",")) {
            var ends = range.split("-");
            set.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
        }
        var bytes = new ArrayList<Byte>();
        for (byte part : set.toByteArray()) {
            bytes.add(part);
        }
        return new Property(name, new Value.Bytes(bytes));
    }

    private static Property number(String name, long value) {
        return new Property(name, new Value.Unsigned64(value));
    }
}
