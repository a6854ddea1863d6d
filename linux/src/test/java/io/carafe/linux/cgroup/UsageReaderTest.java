package io.carafe.linux.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files as kernels write them, in directories of our own: what is read does not depend on this host's layout. */
class UsageReaderTest {

    @TempDir
    Path root;

    @Test
    void v2NumbersAreRead() throws IOException {
        file("a/cgroup.procs", "");
        file("a/cpu.stat", "usage_usec 1500\nuser_usec 1000\n");
        file("a/memory.current", "10000\n");
        file("a/memory.max", "max\n");
        file("a/memory.stat", "anon 4096\nfile 1\ninactive_file 3000\npgfault 11\npgmajfault 2\n");
        file("a/memory.swap.current", "7\n");
        file("a/memory.swap.max", "100\n");
        file("a/pids.current", "3\n");
        file("a/cpu.pressure", "some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n");
        var reader = new UsageReader(new CgroupLayout(Map.of(), Optional.of(root)));

        var usage = reader.read("/a").orElseThrow();

        assertEquals(1_500_000, usage.cpu());
        assertEquals(
                List.of(10_000L, 7_000L, -1L, 4096L, 11L, 2L, 7L, 100L, 3L),
                List.of(
                        usage.memory(),
                        usage.workingSet(),
                        usage.memoryLimit(),
                        usage.rss(),
                        usage.pageFaults(),
                        usage.majorPageFaults(),
                        usage.swap(),
                        usage.swapLimit(),
                        usage.pids()));
        assertEquals(5, usage.pressures().cpu().orElseThrow().some().total());
        assertTrue(usage.pressures().io().isEmpty());
        assertTrue(reader.read("/gone").isEmpty());
    }

    @Test
    void v1NumbersAreReadWithThoseOfChildren() throws IOException {
        file("memory/a/cgroup.procs", "");
        file("cpuacct/a/cpuacct.usage", "42\n");
        file("memory/a/memory.usage_in_bytes", "10000\n");
        file("memory/a/memory.limit_in_bytes", "9223372036854771712\n");
        file(
                "memory/a/memory.stat",
                "rss 1\ninactive_file 1\ntotal_rss 4096\ntotal_inactive_file 20000\ntotal_swap 5\n");
        var reader = new UsageReader(new CgroupLayout(
                Map.of("memory", root.resolve("memory"), "cpuacct", root.resolve("cpuacct")), Optional.empty()));

        var usage = reader.read("/a").orElseThrow();

        assertEquals(42, usage.cpu());
        assertEquals(0, usage.workingSet());
        assertEquals(-1, usage.memoryLimit());
        assertEquals(4096, usage.rss());
        assertEquals(5, usage.swap());
        assertEquals(-1, usage.pids());
    }

    private void file(String name, String text) throws IOException {
        var file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
