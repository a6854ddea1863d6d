package io.carafe.linux.cgroup;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.carafe.linux.cgroup.CgroupStats.Pressure;
import io.carafe.linux.cgroup.CgroupStats.Pressures;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reads {@link CgroupUsage} with as few system calls and objects as it takes: a node has hundreds of cgroups and somebody
 * asks every few seconds. A file that this kernel does not have is looked for once.
 */
public final class UsageReader {

    /** No file read here has as much; memory.stat has some 2 kB. */
    private static final int LARGEST = 16 * 1024;

    private final CgroupLayout layout;
    private final boolean v2;
    private final Set<String> missing = ConcurrentHashMap.newKeySet();

    public UsageReader(CgroupLayout layout) {
        this.layout = layout;
        this.v2 = layout.mode() == CgroupLayout.Mode.V2;
    }

    /** What the cgroup uses now; nothing if it is gone. */
    public Optional<CgroupUsage> read(String path) {
        var cgroup = layout.cgroup(path);
        try (var arena = Arena.ofConfined()) {
            var text = new Text(arena.allocate(LARGEST));
            var main = cgroup.directory("memory").or(cgroup::unifiedDirectory);
            if (main.isEmpty() || !open(text, main.get(), "cgroup.procs", true)) {
                return Optional.empty();
            }
            return Optional.of(v2 ? readV2(cgroup, text) : readV1(cgroup, text));
        }
    }

    private CgroupUsage readV1(Cgroup cgroup, Text text) {
        long cpu = number(text, cgroup.directory("cpuacct"), "cpuacct.usage");
        var memory = cgroup.directory("memory");
        long usage = number(text, memory, "memory.usage_in_bytes");
        long limit = number(text, memory, "memory.limit_in_bytes");
        long withSwap = number(text, memory, "memory.memsw.limit_in_bytes");
        boolean stat = load(text, memory, "memory.stat");
        return new CgroupUsage(
                cpu,
                usage,
                usage < 0 ? -1 : Math.max(0, usage - Math.max(0, stat ? text.named("total_inactive_file") : 0)),
                limit,
                stat ? text.named("total_rss") : -1,
                stat ? text.named("total_pgfault") : -1,
                stat ? text.named("total_pgmajfault") : -1,
                stat ? text.named("total_swap") : -1,
                limit < 0 || withSwap < 0 ? -1 : Math.max(0, withSwap - limit),
                number(text, cgroup.directory("pids"), "pids.current"),
                pressures(cgroup, text));
    }

    private CgroupUsage readV2(Cgroup cgroup, Text text) {
        var directory = cgroup.unifiedDirectory();
        long cpu = load(text, directory, "cpu.stat") ? text.named("usage_usec") * 1000 : -1;
        long usage = number(text, directory, "memory.current");
        long limit = number(text, directory, "memory.max");
        long swap = number(text, directory, "memory.swap.current");
        long swapLimit = number(text, directory, "memory.swap.max");
        boolean stat = load(text, directory, "memory.stat");
        return new CgroupUsage(
                cpu,
                usage,
                usage < 0 ? -1 : Math.max(0, usage - Math.max(0, stat ? text.named("inactive_file") : 0)),
                limit,
                stat ? text.named("anon") : -1,
                stat ? text.named("pgfault") : -1,
                stat ? text.named("pgmajfault") : -1,
                swap,
                swapLimit,
                number(text, directory, "pids.current"),
                pressures(cgroup, text));
    }

    private Pressures pressures(Cgroup cgroup, Text text) {
        var directory = cgroup.unifiedDirectory();
        return new Pressures(
                pressure(text, directory, "cpu.pressure"),
                pressure(text, directory, "memory.pressure"),
                pressure(text, directory, "io.pressure"));
    }

    private Optional<Pressure> pressure(Text text, Optional<Path> directory, String file) {
        if (!load(text, directory, file)) {
            return Optional.empty();
        }
        var content = text.string();
        return content.startsWith("some") ? Optional.of(CgroupStats.parsePressure(content)) : Optional.empty();
    }

    private long number(Text text, Optional<Path> directory, String file) {
        return load(text, directory, file) ? CgroupFile.limit(text.string()) : -1;
    }

    private boolean load(Text text, Optional<Path> directory, String file) {
        if (directory.isEmpty() || missing.contains(file)) {
            return false;
        }
        boolean there = open(text, directory.get(), file, false);
        if (!there && open(text, directory.get(), "cgroup.procs", true)) {
            missing.add(file); // the cgroup is there and the file is not: this kernel has none
        }
        return there;
    }

    private static boolean open(Text text, Path directory, String file, boolean onlyLook) {
        try (var fd = OpenFile.open(directory.resolve(file), OpenFlags.READ, 0)) {
            text.length = onlyLook ? 0 : Math.max(0, fd.read(text.bytes, LARGEST));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The content of the file read last. */
    private static final class Text {
        private final MemorySegment bytes;
        private int length;

        Text(MemorySegment bytes) {
            this.bytes = bytes;
        }

        String string() {
            return new String(bytes.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
        }

        /** The number in the line that begins with {@code name}, or −1. */
        long named(String name) {
            int at = 0;
            while (at < length) {
                if (begins(at, name)) {
                    return digits(at + name.length() + 1);
                }
                while (at < length && bytes.get(JAVA_BYTE, at) != '\n') {
                    at++;
                }
                at++;
            }
            return -1;
        }

        private boolean begins(int at, String name) {
            if (at + name.length() >= length || bytes.get(JAVA_BYTE, at + name.length()) != ' ') {
                return false;
            }
            for (int i = 0; i < name.length(); i++) {
                if (bytes.get(JAVA_BYTE, at + i) != name.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        private long digits(int from) {
            long value = 0;
            for (int i = from; i < length; i++) {
                byte digit = bytes.get(JAVA_BYTE, i);
                if (digit < '0' || digit > '9') {
                    break;
                }
                value = value * 10 + digit - '0';
            }
            return value;
        }
    }
}
