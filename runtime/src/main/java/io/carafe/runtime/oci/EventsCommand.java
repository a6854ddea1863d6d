package io.carafe.runtime.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.cgroup.CgroupStats;
import io.carafe.oci.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * {@code events [--stats] [--interval 5s] ID}: a line of JSON with what the container uses, once or at each interval until it
 * ends, and one for each time that it ran out of memory. The members are those of runc's, which containerd reads.
 */
final class EventsCommand {

    private static final Pattern INTERVAL = Pattern.compile("([0-9]+)(ms|s|m|h)");

    private final StateFile state;
    private final Cgroup cgroup;
    private final PrintStream out;
    private long oomKills;

    private EventsCommand(StateFile state, Cgroup cgroup, PrintStream out) {
        this.state = state;
        this.cgroup = cgroup;
        this.out = out;
        this.oomKills = kills(cgroup.stats());
    }

    static void run(Path root, List<String> line, PrintStream out) throws IOException {
        var flags = CommandLine.parse(line, Set.of("interval"), Set.of("stats"), false);
        var interval = interval(flags.value("interval").orElse("5s"));
        var state = StateFile.read(root, flags.word("events"));
        if (!state.process().alive()) {
            throw new CarafeException.FailedPrecondition("container not running: " + state.id());
        }
        var cgroup = state.cgroup(CgroupLayout.detect())
                .orElseThrow(() -> new CarafeException.FailedPrecondition(
                        "container " + state.id() + " has no cgroup of its own, which would be counted"));
        var events = new EventsCommand(state, cgroup, out);
        if (flags.isOn("stats")) {
            events.print(cgroup.stats());
        } else {
            events.follow(interval);
        }
    }

    private void follow(Duration interval) throws IOException {
        var process = state.process().open();
        if (process.isEmpty()) {
            return;
        }
        try (var pidfd = process.get()) {
            while (!pidfd.awaitExit(Deadline.after(interval))) {
                var stats = cgroup.stats();
                if (kills(stats) > oomKills) {
                    oomKills = kills(stats);
                    emit(new Event("oom", state.id(), null));
                }
                print(stats);
            }
        }
    }

    private static long kills(CgroupStats stats) {
        return stats.memory().map(CgroupStats.Memory::oomKills).orElse(0L);
    }

    private void print(CgroupStats stats) {
        emit(new Event("stats", state.id(), Data.of(stats)));
    }

    private void emit(Event event) {
        out.println(new String(Json.write(event), StandardCharsets.UTF_8));
        out.flush();
    }

    static Duration interval(String text) {
        var matcher = INTERVAL.matcher(text);
        if (!matcher.matches() || matcher.group(1).length() > 9) {
            throw new CarafeException.InvalidArgument(
                    "invalid value \"" + text + "\" for flag -interval: expected 5s or 500ms");
        }
        long count = Long.parseLong(matcher.group(1));
        var interval = switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofHours(count);
        };
        if (interval.isZero()) {
            throw new CarafeException.InvalidArgument("duration interval must be greater than 0");
        }
        return interval;
    }

    record Event(String type, String id, Data data) {}

    record Data(
            Cpu cpu,
            Map<String, Object> cpuset,
            Memory memory,
            Pids pids,
            Blkio blkio,
            Map<String, Hugetlb> hugetlb,
            @JsonProperty("intel_rdt") Map<String, Object> intelRdt,
            @JsonProperty("network_interfaces") List<Object> networkInterfaces) {

        static Data of(CgroupStats stats) {
            return new Data(
                    stats.cpu().map(Cpu::of).orElse(null),
                    Map.of(),
                    stats.memory().map(Memory::of).orElse(null),
                    stats.pids()
                            .map(pids -> new Pids(pids.current(), Math.max(pids.limit(), 0)))
                            .orElse(null),
                    Blkio.of(stats.io()),
                    Hugetlb.of(stats.hugepages()),
                    Map.of(),
                    List.of());
        }
    }

    record Cpu(CpuUsage usage, Throttling throttling) {
        static Cpu of(CgroupStats.Cpu cpu) {
            return new Cpu(
                    new CpuUsage(cpu.usage(), cpu.system(), cpu.user()),
                    new Throttling(cpu.periods(), cpu.throttledPeriods(), cpu.throttledTime()));
        }
    }

    /** Nanoseconds. */
    record CpuUsage(long total, long kernel, long user) {}

    record Throttling(long periods, long throttledPeriods, long throttledTime) {}

    record Memory(long cache, MemoryEntry usage, MemoryEntry swap, MemoryEntry kernel, Map<String, Long> raw) {
        static Memory of(CgroupStats.Memory memory) {
            return new Memory(
                    memory.cache(),
                    new MemoryEntry(
                            unlimited(memory.limit()),
                            memory.usage(),
                            Math.max(memory.maxUsage(), 0),
                            memory.failures()),
                    memory.swap() < 0 ? null : new MemoryEntry(unlimited(memory.swapLimit()), memory.swap(), 0, 0),
                    new MemoryEntry(0, Math.max(memory.kernel(), 0), 0, 0),
                    memory.stat());
        }
    }

    /** No limit is the greatest number, as runc tells it. */
    private static long unlimited(long limit) {
        return limit < 0 ? Long.MAX_VALUE : limit;
    }

    record MemoryEntry(long limit, long usage, long max, long failcnt) {}

    record Pids(long current, long limit) {}

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Blkio(List<BlkioEntry> ioServiceBytesRecursive, List<BlkioEntry> ioServicedRecursive) {
        static Blkio of(List<CgroupStats.Device> devices) {
            var bytes = new ArrayList<BlkioEntry>();
            var operations = new ArrayList<BlkioEntry>();
            for (var device : devices) {
                bytes.add(new BlkioEntry(device.major(), device.minor(), "Read", device.readBytes()));
                bytes.add(new BlkioEntry(device.major(), device.minor(), "Write", device.writeBytes()));
                operations.add(new BlkioEntry(device.major(), device.minor(), "Read", device.readOperations()));
                operations.add(new BlkioEntry(device.major(), device.minor(), "Write", device.writeOperations()));
            }
            return new Blkio(bytes, operations);
        }
    }

    record BlkioEntry(int major, int minor, String op, long value) {}

    record Hugetlb(long usage, long max, long failcnt) {
        static Map<String, Hugetlb> of(Map<String, CgroupStats.Hugepages> sizes) {
            var all = new TreeMap<String, Hugetlb>();
            sizes.forEach((size, use) ->
                    all.put(size, new Hugetlb(use.usage(), Math.max(use.maxUsage(), 0), use.failures())));
            return all;
        }
    }
}
