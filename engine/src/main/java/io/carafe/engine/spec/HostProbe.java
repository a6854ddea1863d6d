package io.carafe.engine.spec;

import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.ProcessSpec.Rlimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads {@link HostFacts} from the files of a node that is mounted at {@code root}. */
record HostProbe(Path root, CgroupLayout layout) {

    private static final Pattern VERSION = Pattern.compile("^(\\d+)\\.(\\d+)");

    HostFacts read() throws IOException {
        var status = Files.readAllLines(root.resolve("proc/self/status"));
        return new HostFacts(
                architecture(),
                kernel(),
                Capability.ofMask(Long.parseUnsignedLong(field(status, "CapBnd:", "0"), 16)),
                Long.parseLong(line("proc/self/oom_score_adj", "0")),
                hardLimits(),
                layout.mode(),
                swapAccounting(),
                swapBytes(),
                hugepageSizes(),
                !field(status, "Seccomp:", "").isEmpty(),
                line("sys/module/apparmor/parameters/enabled", "N").startsWith("Y"),
                Files.exists(root.resolve("sys/fs/selinux/enforce")),
                heatCounters());
    }

    private List<String> heatCounters() throws IOException {
        var found = new ArrayList<String>();
        var cpus = root.resolve("sys/devices/system/cpu");
        try (var entries = Files.newDirectoryStream(cpus, "cpu[0-9]*")) {
            for (var cpu : entries) {
                if (Files.isDirectory(cpu.resolve("thermal_throttle"))) {
                    found.add("/" + root.relativize(cpu.resolve("thermal_throttle")));
                }
            }
        }
        found.sort(null);
        return List.copyOf(found);
    }

    private static String architecture() {
        var name = System.getProperty("os.arch");
        return switch (name) {
            case "x86_64", "amd64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> name;
        };
    }

    private HostFacts.Kernel kernel() throws IOException {
        var version = VERSION.matcher(line("proc/sys/kernel/osrelease", "0.0"));
        return version.find()
                ? new HostFacts.Kernel(Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)))
                : new HostFacts.Kernel(0, 0);
    }

    /** The root of v2 has no limits, so a child of it is asked. */
    private boolean swapAccounting() throws IOException {
        if (layout.mode() != CgroupLayout.Mode.V2) {
            var memory = layout.v1().get("memory");
            return memory != null && Files.exists(memory.resolve("memory.memsw.limit_in_bytes"));
        }
        try (var children = Files.newDirectoryStream(layout.unified().orElseThrow(), Files::isDirectory)) {
            for (var child : children) {
                if (Files.exists(child.resolve("memory.max"))) {
                    return Files.exists(child.resolve("memory.swap.max"));
                }
            }
        }
        return true;
    }

    private long swapBytes() throws IOException {
        var total = field(Files.readAllLines(root.resolve("proc/meminfo")), "SwapTotal:", "0 kB");
        return Long.parseLong(total.substring(0, total.indexOf(' '))) * 1024;
    }

    private Set<String> hugepageSizes() throws IOException {
        var directory = root.resolve("sys/kernel/mm/hugepages");
        if (!layout.controllers().contains("hugetlb") || !Files.isDirectory(directory)) {
            return Set.of();
        }
        var sizes = new HashSet<String>();
        try (var entries = Files.newDirectoryStream(directory, "hugepages-*kB")) {
            for (var entry : entries) {
                var name = entry.getFileName().toString();
                sizes.add(pageSize(Long.parseLong(name.substring("hugepages-".length(), name.length() - 2))));
            }
        }
        return Set.copyOf(sizes);
    }

    /** As the runtime specification writes it: the largest unit that gives a whole number. */
    static String pageSize(long kilobytes) {
        if (kilobytes % (1024 * 1024) == 0) {
            return kilobytes / (1024 * 1024) + "GB";
        }
        return kilobytes % 1024 == 0 ? kilobytes / 1024 + "MB" : kilobytes + "KB";
    }

    private Map<Rlimit.Type, Long> hardLimits() throws IOException {
        var limits = new ArrayList<Rlimit>();
        for (var line : Files.readAllLines(root.resolve("proc/self/limits"))) {
            var type = line.length() < 26
                    ? null
                    : LIMIT_NAMES.get(line.substring(0, 26).strip());
            if (type != null) {
                var values = line.substring(26).strip().split("\\s+");
                limits.add(new Rlimit(type, limit(values[1]), limit(values[0])));
            }
        }
        return limits.stream().collect(Collectors.toMap(Rlimit::type, Rlimit::hard));
    }

    private static long limit(String value) {
        return value.equals("unlimited") ? -1 : Long.parseUnsignedLong(value);
    }

    /** The names in {@code /proc/PID/limits}. */
    private static final Map<String, Rlimit.Type> LIMIT_NAMES = Map.ofEntries(
            Map.entry("Max cpu time", Rlimit.Type.RLIMIT_CPU),
            Map.entry("Max file size", Rlimit.Type.RLIMIT_FSIZE),
            Map.entry("Max data size", Rlimit.Type.RLIMIT_DATA),
            Map.entry("Max stack size", Rlimit.Type.RLIMIT_STACK),
            Map.entry("Max core file size", Rlimit.Type.RLIMIT_CORE),
            Map.entry("Max resident set", Rlimit.Type.RLIMIT_RSS),
            Map.entry("Max processes", Rlimit.Type.RLIMIT_NPROC),
            Map.entry("Max open files", Rlimit.Type.RLIMIT_NOFILE),
            Map.entry("Max locked memory", Rlimit.Type.RLIMIT_MEMLOCK),
            Map.entry("Max address space", Rlimit.Type.RLIMIT_AS),
            Map.entry("Max file locks", Rlimit.Type.RLIMIT_LOCKS),
            Map.entry("Max pending signals", Rlimit.Type.RLIMIT_SIGPENDING),
            Map.entry("Max msgqueue size", Rlimit.Type.RLIMIT_MSGQUEUE),
            Map.entry("Max nice priority", Rlimit.Type.RLIMIT_NICE),
            Map.entry("Max realtime priority", Rlimit.Type.RLIMIT_RTPRIO),
            Map.entry("Max realtime timeout", Rlimit.Type.RLIMIT_RTTIME));

    private String line(String path, String missing) throws IOException {
        var file = root.resolve(path);
        return Files.exists(file) ? Files.readString(file).strip() : missing;
    }

    private static String field(List<String> lines, String name, String missing) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElse(missing);
    }
}
