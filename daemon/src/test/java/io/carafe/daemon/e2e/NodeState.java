package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.mount.MountInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a node's pods, containers and images occupy on this machine at one moment, a line each: mounts, cgroups, processes,
 * network interfaces, leases, packet filter rules, and the files below root and run root, but the database.
 */
record NodeState(SortedSet<String> lines) {

    /** For work that goes on after the call that began it. */
    private static final Duration SETTLED = Duration.ofSeconds(20);

    /** Kept from one pod to the next, as failures are to be explained, or different each time without meaning anything. */
    private static final List<String> PASSING =
            List.of("root/carafe.db", "run/carafe.sock", "/leases/", "run/runtime/carafe-oci.failures");

    static NodeState of(TestNode node) throws IOException {
        var lines = new TreeSet<String>();
        MountInfo.below(node.base()).forEach(mount -> lines.add("mount " + mount.path()));
        cgroups(node, lines);
        processes(node, lines);
        network(node, lines);
        files(node, "root", lines);
        files(node, "run", lines);
        files(node, "cni", lines);
        return new NodeState(lines);
    }

    /** What is there when nothing changes any more. */
    static NodeState settled(TestNode node) throws Exception {
        var last = of(node);
        while (true) {
            Thread.sleep(300);
            var now = of(node);
            if (now.equals(last)) {
                return now;
            }
            last = now;
        }
    }

    private static void cgroups(TestNode node, SortedSet<String> lines) throws IOException {
        for (var directory : CgroupLayout.detect().cgroup(node.cgroupParent()).directories()) {
            for (var path : tree(directory)) {
                if (Files.isDirectory(path)) {
                    lines.add("cgroup " + path);
                }
            }
        }
    }

    /** Those that name the node's directory, and those in its cgroups; one without a command line has ended. */
    private static void processes(TestNode node, SortedSet<String> lines) throws IOException {
        try (var all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var process : all) {
                var command = text(process.resolve("cmdline")).replace('\0', ' ');
                boolean itsOwn = command.contains("io.carafe.daemon.Carafed");
                boolean inCgroup = text(process.resolve("cgroup")).contains(node.cgroupParent());
                if (!command.isEmpty()
                        && !itsOwn
                        && (command.contains(node.base().toString()) || inCgroup)) {
                    lines.add("process " + process.getFileName() + " " + command);
                }
            }
        }
    }

    private static void network(TestNode node, SortedSet<String> lines) throws IOException {
        if (Files.exists(Path.of("/sys/class/net", node.bridge()))) {
            Tools.run("ip", "-o", "link", "show", "master", node.bridge())
                    .lines()
                    .forEach(line -> lines.add("interface " + line.split(" ")[1]));
        }
        for (var save : List.of("iptables-save", "ip6tables-save")) {
            Tools.run(save)
                    .lines()
                    .filter(line -> line.contains(node.bridge()) || line.contains(node.addresses()))
                    .forEach(line -> lines.add(save + " " + line));
        }
        var leases = node.base().resolve("cni/leases").resolve(node.bridge());
        for (var file : tree(leases)) {
            var name = file.getFileName().toString();
            if (name.startsWith("10.") || name.startsWith("fd")) {
                lines.add("lease " + name);
            }
        }
    }

    private static void files(TestNode node, String part, SortedSet<String> lines) throws IOException {
        for (var path : tree(node.base().resolve(part))) {
            var name = node.base().relativize(path).toString();
            if (PASSING.stream().noneMatch(name::contains)) {
                lines.add("file " + name);
            }
        }
    }

    /** Without what is inside of layers, snapshots and mounts. */
    private static List<Path> tree(Path top) throws IOException {
        var found = new ArrayList<Path>();
        walk(top, found, 0);
        return found;
    }

    private static void walk(Path directory, List<Path> found, int depth) throws IOException {
        List<Path> entries;
        try (Stream<Path> children = Files.list(directory)) {
            entries = children.sorted().toList();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return;
        }
        for (var entry : entries) {
            found.add(entry);
            if (depth < 4 && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                walk(entry, found, depth + 1);
            }
        }
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException ended) {
            return "";
        }
    }

    /** Waits until the node is as it was; what differs after that is the failure's message. */
    static void assertSettles(NodeState expected, TestNode node, String after) throws Exception {
        long end = System.nanoTime() + SETTLED.toNanos();
        var now = of(node);
        while (!now.equals(expected) && System.nanoTime() < end) {
            Thread.sleep(50);
            now = of(node);
        }
        assertEquals("", now.comparedWith(expected), after + "\n" + node.endOfLog());
    }

    private String comparedWith(NodeState expected) {
        var more = new TreeSet<>(lines);
        more.removeAll(expected.lines);
        var less = new TreeSet<>(expected.lines);
        less.removeAll(lines);
        return more.isEmpty() && less.isEmpty()
                ? ""
                : "left: " + String.join("\n      ", more) + "\ngone: " + String.join("\n      ", less);
    }
}
