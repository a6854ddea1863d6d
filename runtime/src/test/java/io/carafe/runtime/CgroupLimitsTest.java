package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.LinuxResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written, by files that stand for the kernel's; and that the kernel of this host takes it. */
class CgroupLimitsTest {

    private static final LinuxResources.Memory MEMORY =
            new LinuxResources.Memory(1L << 26, null, 3L << 25, null, null, null, null, null, null);
    private static final LinuxResources.Cpu CPU =
            new LinuxResources.Cpu(1024L, 20_000L, null, 50_000L, null, null, "0", "0", null);

    @TempDir
    Path root;

    @Test
    void v2HasOneDirectoryAndCountsSwapAlone() throws IOException {
        controllers("cpu cpuset memory pids hugetlb");
        files("c", "cpu.weight=100", "cpu.max=max 100000", "cpuset.cpus=", "cpuset.mems=", "memory.max=max");
        files("c", "memory.swap.max=max", "pids.max=max", "hugetlb.2MB.max=max", "hugetlb.2MB.rsvd.max=max");
        files("c", "memory.high=max");

        write(limits(MEMORY, CPU, 500L, Map.of("memory.high", "1000000")), v2());

        assertEquals("39", read("c/cpu.weight"));
        assertEquals("20000 50000", read("c/cpu.max"));
        assertEquals("0", read("c/cpuset.cpus"));
        assertEquals("67108864", read("c/memory.max"));
        assertEquals("33554432", read("c/memory.swap.max"));
        assertEquals("500", read("c/pids.max"));
        assertEquals("4194304", read("c/hugetlb.2MB.max"));
        assertEquals("4194304", read("c/hugetlb.2MB.rsvd.max"));
        assertEquals("1000000", read("c/memory.high"));
    }

    @Test
    void v1HasADirectoryForEachController() throws IOException {
        files("cpu/c", "cpu.shares=1024", "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=-1");
        files("cpuset/c", "cpuset.cpus=0-1", "cpuset.mems=0");
        files("memory/c", "memory.limit_in_bytes=9223372036854771712", "memory.memsw.limit_in_bytes=100");
        files("pids/c", "pids.max=max");
        files("hugetlb/c", "hugetlb.2MB.limit_in_bytes=0");

        write(limits(MEMORY, CPU, 500L, Map.of()), v1());

        assertEquals("1024", read("cpu/c/cpu.shares"));
        assertEquals("50000", read("cpu/c/cpu.cfs_period_us"));
        assertEquals("20000", read("cpu/c/cpu.cfs_quota_us"));
        assertEquals("0", read("cpuset/c/cpuset.cpus"));
        assertEquals("67108864", read("memory/c/memory.limit_in_bytes"));
        assertEquals("100663296", read("memory/c/memory.memsw.limit_in_bytes"));
        assertEquals("500", read("pids/c/pids.max"));
        assertEquals("4194304", read("hugetlb/c/hugetlb.2MB.limit_in_bytes"));
    }

    @Test
    void aHybridHostsHugePagesAreWhereTheControllerIs() throws IOException {
        controllers("hugetlb");
        files("c", "hugetlb.2MB.max=max");
        files("pids/c", "pids.max=max");
        var hybrid = new CgroupLayout(Map.of("pids", root.resolve("pids")), Optional.of(root));

        write(limits(null, null, -1L, Map.of()), hybrid);

        assertEquals("max", read("pids/c/pids.max"));
        assertEquals("4194304", read("c/hugetlb.2MB.max"));
    }

    @Test
    void aLimitThatTheNodeDoesNotHaveIsRefusedAndWhatWasWrittenBeforeIsTakenBack() throws IOException {
        controllers("cpu cpuset");
        files("c", "cpu.weight=100", "cpu.max=max 100000", "cpuset.cpus=0-3", "cpuset.mems=");

        var error = assertThrows(FailedPrecondition.class, () -> write(limits(null, CPU, 7L, Map.of()), v2()));

        assertTrue(error.getMessage().contains("pids.max"), error.getMessage());
        assertEquals("100", read("c/cpu.weight"));
        assertEquals("max 100000", read("c/cpu.max"));
        assertEquals("0-3", read("c/cpuset.cpus"));
    }

    @Test
    @Tag("root")
    void theKernelTakesLimitsUpAndDownAndRefusesWhatIsNone() throws IOException {
        var layout = CgroupLayout.detect();
        var cgroup = layout.cgroup("/carafe-limits-" + ProcessHandle.current().pid());
        cgroup.create();
        try {
            for (long memory : List.of(1L << 26, 1L << 28, 1L << 25)) {
                var limits = new LinuxResources.Memory(memory, null, memory, null, null, null, null, null, null);
                CgroupLimits.write(cgroup, resources(limits, CPU, 100L));
                assertEquals(memory, cgroup.stats().memory().orElseThrow().limit());
                assertEquals(100, cgroup.stats().pids().orElseThrow().limit());
            }
            var none = new LinuxResources.Cpu(null, null, null, null, null, null, "4000-4001", null, null);
            assertThrows(InvalidArgument.class, () -> CgroupLimits.write(cgroup, resources(null, none, 200L)));
            assertEquals(100, cgroup.stats().pids().orElseThrow().limit());
        } finally {
            cgroup.remove(Deadline.after(Duration.ofSeconds(10)));
        }
    }

    private static LinuxResources limits(
            LinuxResources.Memory memory, LinuxResources.Cpu cpu, long pids, Map<String, String> unified) {
        return new LinuxResources(
                List.of(),
                memory,
                cpu,
                new LinuxResources.Pids(pids),
                null,
                List.of(new LinuxResources.HugepageLimit("2MB", 4 << 20)),
                null,
                Map.of(),
                unified);
    }

    private static LinuxResources resources(LinuxResources.Memory memory, LinuxResources.Cpu cpu, long pids) {
        return new LinuxResources(
                List.of(), memory, cpu, new LinuxResources.Pids(pids), null, List.of(), null, Map.of(), Map.of());
    }

    private static void write(LinuxResources limits, CgroupLayout layout) {
        CgroupLimits.write(layout.cgroup("/c"), limits);
    }

    private CgroupLayout v2() {
        return new CgroupLayout(Map.of(), Optional.of(root));
    }

    private CgroupLayout v1() {
        return new CgroupLayout(
                Stream.of("cpu", "cpuset", "memory", "pids", "hugetlb")
                        .collect(java.util.stream.Collectors.toMap(name -> name, root::resolve)),
                Optional.empty());
    }

    private void controllers(String names) throws IOException {
        Files.writeString(root.resolve("cgroup.controllers"), names + "\n");
    }

    private void files(String directory, String... namesAndContents) throws IOException {
        Files.createDirectories(root.resolve(directory));
        for (var file : namesAndContents) {
            var parts = file.split("=", 2);
            Files.writeString(root.resolve(directory).resolve(parts[0]), parts[1] + "\n");
        }
    }

    /** The kernel replaces what was there; an ordinary file keeps what is longer. */
    private String read(String file) throws IOException {
        return Files.readString(root.resolve(file)).lines().findFirst().orElse("");
    }
}
