package io.carafe.linux.process;

import io.carafe.linux.CFunction;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Pages of a file that this process has mapped, read and never changed. It may let go of them at any time: what is touched
 * again comes back from the page cache, or from the disk.
 */
public final class CleanPages {

    private static final CFunction MADVISE = CFunction.returningInt("madvise");
    private static final int MADV_DONTNEED = 4;

    private static final Pattern READ_ONLY = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) r--p \\S+ \\S+ \\S+ +(.*)");
    private static final Pattern CHANGED = Pattern.compile("Anonymous: +(\\d+) kB");

    private CleanPages() {}

    private record Mapping(long start, long end) {}

    /**
     * Lets go of all pages of {@code file}. A mapping in which anything was ever changed is left alone: giving that up would
     * lose the change.
     *
     * @return how many bytes are mapped in those that were let go of, whether they were in memory or not
     */
    public static long release(Path file) throws IOException {
        long released = 0;
        for (var mapping : unchanged(file)) {
            long length = mapping.end() - mapping.start();
            try (var arena = Arena.ofConfined()) {
                var errno = Native.errnoIn(arena);
                if (MADVISE.call(errno, mapping.start(), length, MADV_DONTNEED) < 0) {
                    throw new SyscallException("madvise", file.toString(), Native.errno(errno));
                }
            }
            released += length;
        }
        return released;
    }

    /** Read-only mappings of the file without a page of their own (proc_pid_smaps(5)). */
    private static List<Mapping> unchanged(Path file) throws IOException {
        var found = new ArrayList<Mapping>();
        Mapping current = null;
        for (var line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            var header = READ_ONLY.matcher(line);
            var changed = CHANGED.matcher(line);
            if (header.matches()) {
                current = header.group(3).equals(file.toString())
                        ? new Mapping(Long.parseLong(header.group(1), 16), Long.parseLong(header.group(2), 16))
                        : null;
            } else if (current != null && changed.matches()) {
                if (changed.group(1).equals("0")) {
                    found.add(current);
                }
                current = null;
            }
        }
        return found;
    }
}
