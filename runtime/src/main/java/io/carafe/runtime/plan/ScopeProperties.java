package io.carafe.runtime.plan;

import io.carafe.oci.runtime.LinuxResources;
import io.carafe.runtime.CgroupLimits;
import io.carafe.runtime.UnitLimits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What systemd must know of a scope's limits, so that a reload does not undo them (org.freedesktop.systemd1, "Resource
 * control"); the files are written as well, for what it does not know.
 */
final class ScopeProperties {

    private static final Property CPU = Property.of("linux.resources.cpu");
    private static final Property UNIFIED = Property.of("linux.resources.unified");
    private static final String INFINITY = Long.toUnsignedString(UnitLimits.INFINITY);

    /** Type and value of each, as busctl takes them. */
    private final Map<String, List<String>> properties = new LinkedHashMap<>();

    private ScopeProperties() {}

    /** Of a new scope. */
    static ScopeProperties of(Draft draft, LinuxResources resources) {
        var properties = new ScopeProperties();
        properties.add("Description", "s", "container " + draft.request.id());
        properties.add("Delegate", "b", "true");
        properties.add("DefaultDependencies", "b", "false");
        properties.add("CollectMode", "s", "inactive-or-failed");
        ScopeAnnotations.of(draft.spec.annotations())
                .forEach((name, value) -> properties.add(name, value.type(), value.words()));
        properties.limits(draft, resources);
        return properties;
    }

    /** Of one that is there. */
    static ScopeProperties changed(Draft draft, LinuxResources resources) {
        var properties = new ScopeProperties();
        properties.limits(draft, resources);
        var cpu = resources.cpu();
        boolean idleNoMore = cpu != null && cpu.idle() != null && cpu.idle() == 0;
        if (idleNoMore && draft.facts.cgroups().v2()) {
            properties.properties.putIfAbsent("CPUWeight", List.of("t", INFINITY)); // its default
        }
        return properties;
    }

    /** Whether it shall run only when nothing else wants the CPU: with that it has no weight. */
    static boolean idle(LinuxResources resources) {
        var cpu = resources.cpu();
        return (cpu != null && cpu.idle() != null && cpu.idle() == 1)
                || "1".equals(resources.unified().get("cpu.idle"));
    }

    int count() {
        return properties.size();
    }

    List<String> words() {
        var words = new ArrayList<String>();
        properties.forEach((name, value) -> {
            words.add(name);
            words.addAll(value);
        });
        return words;
    }

    private void limits(Draft draft, LinuxResources resources) {
        boolean v2 = draft.facts.cgroups().v2();
        if (resources.memory() != null) {
            memory(resources.memory(), v2);
        }
        if (resources.cpu() != null) {
            cpu(resources.cpu(), v2);
        }
        if (resources.pids() != null && resources.pids().limit() != null) {
            long limit = resources.pids().limit();
            add("TasksMax", "t", limit < 0 ? INFINITY : Long.toString(limit));
        }
        if (v2) {
            resources.unified().forEach(this::unified);
        }
        if (v2 && idle(resources)) {
            properties.remove("CPUWeight");
        }
    }

    /** What systemd has no word for is only written to its file, and left alone by systemd. */
    private void unified(String file, String value) {
        switch (file) {
            case "cpuset.cpus" -> numbers("AllowedCPUs", value, UNIFIED.key(file));
            case "cpuset.mems" -> numbers("AllowedMemoryNodes", value, UNIFIED.key(file));
            default ->
                UnitLimits.unified(file, value)
                        .forEach((name, number) -> add(name, "t", Long.toUnsignedString(number)));
        }
    }

    private void memory(LinuxResources.Memory memory, boolean v2) {
        if (set(memory.limit())) {
            add(v2 ? "MemoryMax" : "MemoryLimit", "t", limit(memory.limit()));
        }
        if (v2 && set(memory.reservation())) {
            add("MemoryLow", "t", limit(memory.reservation()));
        }
        if (v2 && set(memory.swap()) && (memory.swap() < 0 || set(memory.limit()))) {
            add("MemorySwapMax", "t", memory.swap() < 0 ? INFINITY : Long.toString(memory.swap() - memory.limit()));
        }
    }

    private void cpu(LinuxResources.Cpu cpu, boolean v2) {
        if (set(cpu.shares())) {
            long value = v2 ? CgroupLimits.weight(cpu.shares()) : cpu.shares();
            add(v2 ? "CPUWeight" : "CPUShares", "t", Long.toString(value));
        }
        if (set(cpu.quota())) {
            long period = set(cpu.period()) ? cpu.period() : UnitLimits.DEFAULT_PERIOD;
            add("CPUQuotaPerSecUSec", "t", Long.toUnsignedString(UnitLimits.perSecond(cpu.quota(), period)));
        }
        if (set(cpu.period())) {
            add("CPUQuotaPeriodUSec", "t", Long.toUnsignedString(cpu.period()));
        }
        if (v2 && cpu.cpus() != null && !cpu.cpus().isEmpty()) {
            numbers("AllowedCPUs", cpu.cpus(), CPU.member("cpus"));
        }
        if (v2 && cpu.mems() != null && !cpu.mems().isEmpty()) {
            numbers("AllowedMemoryNodes", cpu.mems(), CPU.member("mems"));
        }
    }

    /** A list such as {@code 0-3,7} as a bit for each number, the lowest first. */
    private void numbers(String name, String list, Property origin) {
        var bytes = CpuList.parse(list, origin).toByteArray();
        var value = new ArrayList<String>(List.of(Integer.toString(bytes.length)));
        for (byte part : bytes) {
            value.add(Integer.toString(Byte.toUnsignedInt(part)));
        }
        add(name, "ay", value.toArray(String[]::new));
    }

    private static String limit(long bytes) {
        return bytes < 0 ? INFINITY : Long.toString(bytes);
    }

    private static boolean set(Long value) {
        return value != null && value != 0;
    }

    private void add(String name, String type, String... value) {
        add(name, type, List.of(value));
    }

    /** Whatever it was before. */
    private void add(String name, String type, List<String> value) {
        var words = new ArrayList<>(List.of(type));
        words.addAll(value);
        properties.put(name, words);
    }
}
