package io.carafe.linux.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the processes of a cgroup use, in the same words on v1, hybrid and v2. A part is missing where the host does not
 * count it.
 *
 * @param hugepages by page size as the kernel writes it ({@code 2MB})
 */
public record CgroupStats(
        Optional<Cpu> cpu,
        Optional<Memory> memory,
        Optional<Pids> pids,
        List<Device> io,
        Map<String, Hugepages> hugepages,
        Pressures pressures) {

    /** Times in nanoseconds since the cgroup was made. */
    public record Cpu(long usage, long user, long system, long periods, long throttledPeriods, long throttledTime) {}

    /**
     * Bytes, and counts of events.
     *
     * @param limit -1 for none
     * @param workingSet usage without the page cache that would be given up first: what the kubelet calls by this name
     * @param rss anonymous memory
     * @param swap -1 where it is not counted
     * @param swapLimit swap alone, -1 for none or not known
     * @param reservation what is kept for it when memory runs short ({@code memory.min}; on v1 the soft limit); 0 for none
     * @param stat everything that memory.stat says; on v1 its {@code total_} lines without that prefix
     */
    public record Memory(
            long usage,
            long limit,
            long maxUsage,
            long workingSet,
            long rss,
            long cache,
            long mappedFile,
            long kernel,
            long swap,
            long swapLimit,
            long reservation,
            long pageFaults,
            long majorPageFaults,
            long failures,
            long oomKills,
            Map<String, Long> stat) {}

    /** @param limit -1 for none */
    public record Pids(long current, long limit) {}

    public record Device(
            int major, int minor, long readBytes, long writeBytes, long readOperations, long writeOperations) {}

    /** @param maxUsage bytes; -1 on v2, which does not keep it */
    public record Hugepages(long usage, long maxUsage, long failures) {}

    /** Pressure stall information. */
    public record Pressures(Optional<Pressure> cpu, Optional<Pressure> memory, Optional<Pressure> io) {}

    /** The share of time in which some, or all, waited. */
    public record Pressure(Stall some, Stall full) {}

    /**
     * @param average10 percent over the last 10 seconds, and so on
     * @param total microseconds
     */
    public record Stall(double average10, double average60, double average300, long total) {
        static final Stall NONE = new Stall(0, 0, 0, 0);
    }

    static CgroupStats of(Cgroup cgroup, CgroupLayout layout) {
        boolean v2 = layout.mode() == CgroupLayout.Mode.V2;
        var unified = cgroup.unifiedDirectory();
        return new CgroupStats(
                v2 ? unified.flatMap(StatsV2::cpu) : StatsV1.cpu(cgroup),
                v2
                        ? unified.flatMap(StatsV2::memory)
                        : cgroup.directory("memory").flatMap(StatsV1::memory),
                cgroup.directory("pids").flatMap(CgroupStats::pids),
                v2
                        ? unified.map(StatsV2::io).orElse(List.of())
                        : cgroup.directory("blkio").map(StatsV1::io).orElse(List.of()),
                cgroup.directory("hugetlb").map(CgroupStats::hugepages).orElse(Map.of()),
                new Pressures(
                        unified.flatMap(directory -> pressure(directory.resolve("cpu.pressure"))),
                        unified.flatMap(directory -> pressure(directory.resolve("memory.pressure"))),
                        unified.flatMap(directory -> pressure(directory.resolve("io.pressure")))));
    }

    private static Optional<Pids> pids(Path directory) {
        return CgroupFile.number(directory.resolve("pids.current"))
                .map(current -> new Pids(
                        current,
                        CgroupFile.number(directory.resolve("pids.max")).orElse(-1L)));
    }

    private static Map<String, Hugepages> hugepages(Path directory) {
        var sizes = new TreeMap<String, Hugepages>();
        try (var files = Files.newDirectoryStream(directory, "hugetlb.*")) {
            for (var file : files) {
                var parts = file.getFileName().toString().split("\\.");
                boolean v1 = parts.length == 3 && parts[2].equals("usage_in_bytes");
                if (v1 || (parts.length == 3 && parts[2].equals("current"))) {
                    var stem = "hugetlb." + parts[1] + ".";
                    sizes.put(
                            parts[1],
                            new Hugepages(
                                    CgroupFile.number(file).orElse(0L),
                                    v1
                                            ? CgroupFile.number(directory.resolve(stem + "max_usage_in_bytes"))
                                                    .orElse(0L)
                                            : -1,
                                    v1
                                            ? CgroupFile.number(directory.resolve(stem + "failcnt"))
                                                    .orElse(0L)
                                            : CgroupFile.table(directory.resolve(stem + "events"))
                                                    .getOrDefault("max", 0L)));
                }
            }
        } catch (IOException e) {
            // the cgroup is gone
        }
        return sizes;
    }

    private static Optional<Pressure> pressure(Path file) {
        return CgroupFile.read(file).filter(text -> text.startsWith("some")).map(CgroupStats::parsePressure);
    }

    /** Lines such as {@code some avg10=0.12 avg60=0.00 avg300=0.00 total=123}; the cpu file of old kernels has no {@code full}. */
    static Pressure parsePressure(String text) {
        var stalls = new TreeMap<String, Stall>();
        for (var line : text.lines().toList()) {
            var values = new ArrayList<String>();
            for (var word : line.split(" ")) {
                values.add(word.substring(word.indexOf('=') + 1));
            }
            if (values.size() == 5) {
                stalls.put(
                        values.get(0),
                        new Stall(
                                Double.parseDouble(values.get(1)),
                                Double.parseDouble(values.get(2)),
                                Double.parseDouble(values.get(3)),
                                Long.parseLong(values.get(4))));
            }
        }
        return new Pressure(stalls.getOrDefault("some", Stall.NONE), stalls.getOrDefault("full", Stall.NONE));
    }
}
