package io.carafe.linux.cgroup;

import io.carafe.linux.cgroup.CgroupStats.Cpu;
import io.carafe.linux.cgroup.CgroupStats.Device;
import io.carafe.linux.cgroup.CgroupStats.Memory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Reads what the unified hierarchy counts (Documentation/admin-guide/cgroup-v2.rst). */
final class StatsV2 {

    private static final long MICROSECOND = 1000;

    private StatsV2() {}

    static Optional<Cpu> cpu(Path directory) {
        var stat = CgroupFile.table(directory.resolve("cpu.stat"));
        if (!stat.containsKey("usage_usec")) {
            return Optional.empty();
        }
        return Optional.of(new Cpu(
                stat.get("usage_usec") * MICROSECOND,
                stat.getOrDefault("user_usec", 0L) * MICROSECOND,
                stat.getOrDefault("system_usec", 0L) * MICROSECOND,
                stat.getOrDefault("nr_periods", 0L),
                stat.getOrDefault("nr_throttled", 0L),
                stat.getOrDefault("throttled_usec", 0L) * MICROSECOND));
    }

    static Optional<Memory> memory(Path directory) {
        return CgroupFile.number(directory.resolve("memory.current")).map(usage -> {
            var stat = CgroupFile.table(directory.resolve("memory.stat"));
            var events = CgroupFile.table(directory.resolve("memory.events"));
            return new Memory(
                    usage,
                    number(directory, "memory.max", -1),
                    number(directory, "memory.peak", 0),
                    Math.max(0, usage - stat.getOrDefault("inactive_file", 0L)),
                    stat.getOrDefault("anon", 0L),
                    stat.getOrDefault("file", 0L),
                    stat.getOrDefault("file_mapped", 0L),
                    stat.getOrDefault("kernel", stat.getOrDefault("slab", 0L)),
                    number(directory, "memory.swap.current", -1),
                    number(directory, "memory.swap.max", -1),
                    Math.max(0, number(directory, "memory.min", 0)),
                    stat.getOrDefault("pgfault", 0L),
                    stat.getOrDefault("pgmajfault", 0L),
                    events.getOrDefault("max", 0L),
                    events.getOrDefault("oom_kill", 0L),
                    stat);
        });
    }

    /** Lines such as {@code 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0}. */
    static List<Device> io(Path directory) {
        var devices = new ArrayList<Device>();
        CgroupFile.read(directory.resolve("io.stat"))
                .ifPresent(text -> text.lines().forEach(line -> {
                    var words = line.split(" ");
                    if (!words[0].matches("[0-9]+:[0-9]+")) {
                        return;
                    }
                    var values = new TreeMap<String, Long>();
                    for (int i = 1; i < words.length; i++) {
                        int equals = words[i].indexOf('=');
                        if (equals > 0) {
                            values.put(words[i].substring(0, equals), CgroupFile.limit(words[i].substring(equals + 1)));
                        }
                    }
                    var id = words[0].split(":");
                    devices.add(new Device(
                            Integer.parseInt(id[0]),
                            Integer.parseInt(id[1]),
                            values.getOrDefault("rbytes", 0L),
                            values.getOrDefault("wbytes", 0L),
                            values.getOrDefault("rios", 0L),
                            values.getOrDefault("wios", 0L)));
                }));
        return devices;
    }

    private static long number(Path directory, String file, long missing) {
        return CgroupFile.number(directory.resolve(file)).orElse(missing);
    }
}
