package io.carafe.linux.cgroup;

import io.carafe.linux.cgroup.CgroupStats.Cpu;
import io.carafe.linux.cgroup.CgroupStats.Device;
import io.carafe.linux.cgroup.CgroupStats.Memory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads what v1 controllers count (Documentation/admin-guide/cgroup-v1). */
final class StatsV1 {

    private StatsV1() {}

    static Optional<Cpu> cpu(Cgroup cgroup) {
        var accounting = cgroup.directory("cpuacct");
        var usage = accounting.flatMap(directory -> CgroupFile.number(directory.resolve("cpuacct.usage")));
        if (usage.isEmpty()) {
            return Optional.empty();
        }
        var bandwidth = cgroup.directory("cpu")
                .map(directory -> CgroupFile.table(directory.resolve("cpu.stat")))
                .orElse(Map.of());
        return Optional.of(new Cpu(
                usage.get(),
                CgroupFile.number(accounting.get().resolve("cpuacct.usage_user"))
                        .orElse(0L),
                CgroupFile.number(accounting.get().resolve("cpuacct.usage_sys")).orElse(0L),
                bandwidth.getOrDefault("nr_periods", 0L),
                bandwidth.getOrDefault("nr_throttled", 0L),
                bandwidth.getOrDefault("throttled_time", 0L)));
    }

    static Optional<Memory> memory(Path directory) {
        return CgroupFile.number(directory.resolve("memory.usage_in_bytes")).map(usage -> {
            var stat = new TreeMap<String, Long>();
            CgroupFile.table(directory.resolve("memory.stat")).forEach((name, value) -> {
                if (name.startsWith("total_")) {
                    stat.put(name.substring("total_".length()), value);
                }
            });
            long limit = number(directory, "memory.limit_in_bytes", -1);
            long withSwap = number(directory, "memory.memsw.limit_in_bytes", -1);
            return new Memory(
                    usage,
                    limit,
                    number(directory, "memory.max_usage_in_bytes", 0),
                    Math.max(0, usage - stat.getOrDefault("inactive_file", 0L)),
                    stat.getOrDefault("rss", 0L),
                    stat.getOrDefault("cache", 0L),
                    stat.getOrDefault("mapped_file", 0L),
                    number(directory, "memory.kmem.usage_in_bytes", 0),
                    stat.getOrDefault("swap", -1L),
                    limit < 0 || withSwap < 0 ? -1 : Math.max(0, withSwap - limit),
                    Math.max(0, number(directory, "memory.soft_limit_in_bytes", 0)),
                    stat.getOrDefault("pgfault", 0L),
                    stat.getOrDefault("pgmajfault", 0L),
                    number(directory, "memory.failcnt", 0),
                    CgroupFile.table(directory.resolve("memory.oom_control")).getOrDefault("oom_kill", 0L),
                    stat);
        });
    }

    /** The throttling layer counts all I/O whatever the scheduler; lines such as {@code 8:0 Read 4096}. */
    static List<Device> io(Path directory) {
        var bytes = byDevice(directory.resolve("blkio.throttle.io_service_bytes_recursive"));
        var operations = byDevice(directory.resolve("blkio.throttle.io_serviced_recursive"));
        return bytes.entrySet().stream()
                .map(entry -> {
                    var id = entry.getKey().split(":");
                    var counts = operations.getOrDefault(entry.getKey(), Map.of());
                    return new Device(
                            Integer.parseInt(id[0]),
                            Integer.parseInt(id[1]),
                            entry.getValue().getOrDefault("Read", 0L),
                            entry.getValue().getOrDefault("Write", 0L),
                            counts.getOrDefault("Read", 0L),
                            counts.getOrDefault("Write", 0L));
                })
                .toList();
    }

    private static Map<String, Map<String, Long>> byDevice(Path file) {
        var devices = new TreeMap<String, Map<String, Long>>();
        CgroupFile.read(file)
                .ifPresent(text -> text.lines().forEach(line -> {
                    var words = line.split(" ");
                    if (words.length == 3 && words[0].matches("[0-9]+:[0-9]+")) {
                        devices.computeIfAbsent(words[0], any -> new TreeMap<>())
                                .put(words[1], CgroupFile.limit(words[2]));
                    }
                }));
        return devices;
    }

    private static long number(Path directory, String file, long missing) {
        return CgroupFile.number(directory.resolve(file)).orElse(missing);
    }
}
