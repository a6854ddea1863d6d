package io.carafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a daemon, and what works for it, holds of the node at one moment.
 *
 * @param resident the daemon's resident memory in KiB
 * @param mounts of its mount namespace
 * @param cgroups below its parent, in all hierarchies
 * @param processes whose command line names its home
 */
record Held(long descriptors, long threads, long resident, long mounts, long cgroups, long processes) {

    static Held of(long daemon, Path home, String cgroupParent) throws IOException {
        var proc = Path.of("/proc/" + daemon);
        return new Held(
                entries(proc.resolve("fd")),
                entries(proc.resolve("task")),
                resident(proc),
                Files.readAllLines(proc.resolve("mountinfo")).size(),
                cgroups(cgroupParent),
                processes(home));
    }

    /** Each number by its name, in the order of the record. */
    Map<String, Long> numbers() {
        var numbers = new LinkedHashMap<String, Long>();
        numbers.put("descriptors", descriptors);
        numbers.put("threads", threads);
        numbers.put("resident KiB", resident);
        numbers.put("mounts", mounts);
        numbers.put("cgroups", cgroups);
        numbers.put("processes", processes);
        return numbers;
    }

    private static long entries(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.count();
        }
    }

    private static long resident(Path proc) throws IOException {
        try (var lines = Files.lines(proc.resolve("status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElse(0);
        }
    }

    private static long cgroups(String parent) throws IOException {
        var count = 0L;
        var root = Path.of("/sys/fs/cgroup");
        try (var hierarchies = Files.list(root)) {
            for (var hierarchy : hierarchies.toList()) {
                count += below(hierarchy.resolve(parent.substring(1)));
            }
        }
        return count + below(root.resolve(parent.substring(1)));
    }

    private static long below(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return 0;
        }
        try (var tree = Files.walk(directory)) {
            return tree.filter(Files::isDirectory).count();
        }
    }

    private static long processes(Path home) throws IOException {
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            var count = 0L;
            for (var process : processes) {
                count += commandLine(process).contains(home.toString()) ? 1 : 0;
            }
            return count;
        }
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"));
        } catch (IOException e) {
            return ""; // it has ended
        }
    }
}
