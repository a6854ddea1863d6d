package io.carafe.runtime;

import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.mount.MountInfo;
import io.carafe.runtime.plan.HostFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads {@link HostFacts} from the kernel of this host. */
public final class HostFactsReader {

    private static final Path PROC = Path.of("/proc");
    private static final Path SYS = Path.of("/sys");
    private static final String ALL_IDS = "0 0 4294967295";

    private HostFactsReader() {}

    /** @throws IOException if /proc cannot be read */
    public static HostFacts read() throws IOException {
        var mounts = MountInfo.read();
        var status = Files.readAllLines(PROC.resolve("self/status"));
        long uid = Long.parseLong(field(status, "Uid:").split("\\s+")[1]);
        return new HostFacts(
                line(PROC.resolve("sys/kernel/osrelease")),
                cgroups(CgroupLayout.of(mounts)),
                hugePageSizes(),
                Long.parseUnsignedLong(field(status, "CapPrm:"), 16),
                Integer.parseInt(line(PROC.resolve("sys/kernel/cap_last_cap"))),
                line(SYS.resolve("module/apparmor/parameters/enabled")).startsWith("Y"),
                Files.exists(SYS.resolve("fs/selinux/enforce")),
                resctrl(mounts),
                uid != 0
                        || !line(PROC.resolve("self/uid_map"))
                                .replaceAll("\\s+", " ")
                                .equals(ALL_IDS),
                uid,
                Long.parseLong(field(status, "Gid:").split("\\s+")[1]));
    }

    private static String resctrl(List<MountInfo> mounts) {
        return mounts.stream()
                .filter(mount -> mount.type().equals("resctrl"))
                .map(mount -> mount.path().toString())
                .findFirst()
                .orElse("");
    }

    private static HostFacts.Cgroups cgroups(CgroupLayout layout) throws IOException {
        Map<String, String> v1 = new LinkedHashMap<>();
        layout.v1().forEach((controller, mounted) -> v1.put(controller, mounted.toString()));
        var unified = layout.unified();
        var controllers = new TreeSet<String>();
        if (unified.isPresent()) {
            controllers.addAll(
                    List.of(line(unified.get().resolve("cgroup.controllers")).split(" ")));
            controllers.remove("");
        }
        return new HostFacts.Cgroups(
                v1, unified.map(Path::toString).orElse(""), controllers, weight(layout, controllers));
    }

    /** Which file takes weights of block devices; that of BFQ if there are both, as with runc. */
    private static String weight(CgroupLayout layout, Set<String> controllers) throws IOException {
        var v1 = layout.v1().get("blkio");
        if (v1 != null) {
            return first(Optional.of(v1), "blkio.bfq.weight", "blkio.weight");
        }
        return controllers.contains("io")
                ? first(child(layout.unified().orElseThrow()), "io.bfq.weight", "io.weight")
                : "";
    }

    private static String first(Optional<Path> directory, String... names) {
        for (var name : names) {
            if (directory.isPresent() && Files.exists(directory.get().resolve(name))) {
                return name;
            }
        }
        return "";
    }

    /** The root of v2 has no limits; any cgroup in it that has the controller tells what there is. */
    private static Optional<Path> child(Path root) throws IOException {
        try (var children = Files.newDirectoryStream(root, Files::isDirectory)) {
            for (var child : children) {
                if (Files.exists(child.resolve("io.max"))) {
                    return Optional.of(child);
                }
            }
        }
        return Optional.empty();
    }

    private static Set<String> hugePageSizes() throws IOException {
        var directory = SYS.resolve("kernel/mm/hugepages");
        var sizes = new TreeSet<String>();
        if (Files.isDirectory(directory)) {
            try (var entries = Files.newDirectoryStream(directory, "hugepages-*kB")) {
                for (var entry : entries) {
                    var name = entry.getFileName().toString();
                    sizes.add(size(Long.parseLong(name.substring("hugepages-".length(), name.length() - 2))));
                }
            }
        }
        return sizes;
    }

    /** As the specification writes it: the largest unit that gives a whole number. */
    private static String size(long kilobytes) {
        if (kilobytes % (1024 * 1024) == 0) {
            return kilobytes / (1024 * 1024) + "GB";
        }
        return kilobytes % 1024 == 0 ? kilobytes / 1024 + "MB" : kilobytes + "KB";
    }

    private static String field(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElse("0");
    }

    /** The first line; empty if there is no such file. */
    private static String line(Path file) throws IOException {
        if (!Files.exists(file)) {
            return "";
        }
        try (var lines = Files.newBufferedReader(file)) {
            var line = lines.readLine();
            return line == null ? "" : line.strip();
        }
    }
}
