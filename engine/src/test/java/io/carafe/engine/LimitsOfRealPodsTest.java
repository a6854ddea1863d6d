package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.Resources;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupFile;
import io.carafe.linux.cgroup.CgroupLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits that are changed while pods and containers run, as the kernel of this host has them in the end. */
@Tag("root")
@Tag("cgroup")
@Timeout(120)
class LimitsOfRealPodsTest {

    private static final long MIB = 1 << 20;

    private final CgroupLayout layout = CgroupLayout.detect();
    private TestBed bed;
    private Engine engine;
    private String pod;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed();
        engine = bed.open();
        pod = engine.pods().run(pod("web"), soon());
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    @Test
    void anUpdateOfAContainerIsInForceAndReportedAfterARestartToo() throws Exception {
        assumeTrue(layout.controllers().contains("cpuset"), "this kernel has no cpusets");
        var id = engine.containers().create(pod, shell("main", "sleep 1000 & sleep 1000"), soon());
        engine.containers().start(id, soon());
        var cgroup = layout.cgroup(engine.containers().status(id).info().get("cgroup"));
        var change = new Resources(50_000, 20_000, 512, 64 * MIB, 64 * MIB, 300L, "0", "0", List.of(), Map.of());

        engine.containers().updateResources(id, change, soon());

        assertEquals(64 * MIB, cgroup.stats().memory().orElseThrow().limit());
        assertEquals("0", first(cgroup, "cpuset", "cpuset.cpus"));
        for (int pid : cgroup.members()) {
            assertEquals(
                    "300",
                    Files.readString(Path.of("/proc/" + pid + "/oom_score_adj")).strip());
        }
        engine.containers()
                .updateResources(id, new Resources(0, 0, 0, 32 * MIB, 0, null, "", "", List.of(), Map.of()), soon());
        assertEquals(32 * MIB, cgroup.stats().memory().orElseThrow().limit());

        var wanted = new Resources(50_000, 20_000, 512, 32 * MIB, 64 * MIB, 300L, "0", "0", List.of(), Map.of());
        assertEquals(wanted, engine.containers().status(id).resources());
        engine = bed.reopen();
        assertEquals(wanted, engine.containers().status(id).resources());
    }

    @Test
    void hugePagesAreLimitedFromTheStartWhereverTheControllerIs() throws Exception {
        assumeTrue(layout.controllers().contains("hugetlb"), "this kernel limits no huge pages");
        var limits = List.of(new Resources.HugepageLimit("2MB", 4 * MIB));
        var config = TestBed.withResources(
                shell("main", "sleep 1000"), new Resources(0, 0, 0, 0, 0, null, "", "", limits, Map.of()));
        var id = engine.containers().create(pod, config, soon());
        var cgroup = layout.cgroup(engine.containers().status(id).info().get("cgroup"));
        boolean v1 = layout.v1().containsKey("hugetlb");

        assertEquals(
                Long.toString(4 * MIB), first(cgroup, "hugetlb", "hugetlb.2MB." + (v1 ? "limit_in_bytes" : "max")));

        var more = List.of(new Resources.HugepageLimit("2MB", 6 * MIB));
        engine.containers().updateResources(id, new Resources(0, 0, 0, 0, 0, null, "", "", more, Map.of()), soon());
        assertEquals(
                Long.toString(6 * MIB), first(cgroup, "hugetlb", "hugetlb.2MB." + (v1 ? "limit_in_bytes" : "max")));
    }

    @Test
    void anUpdateThatCannotBeLeavesTheContainerAsItWas() throws Exception {
        var id = engine.containers().create(pod, shell("main", "sleep 1000"), soon());
        engine.containers().start(id, soon());
        var before = engine.containers().status(id).resources();

        assertThrows(
                CarafeException.class,
                () -> engine.containers()
                        .updateResources(
                                id, new Resources(0, 0, 0, 0, 0, null, "4000-4001", "", List.of(), Map.of()), soon()));

        assertEquals(before, engine.containers().status(id).resources());
    }

    @Test
    void thePodsCgroupGetsTheLimitsOfItsContainersAndTheOverhead() throws Exception {
        assumeTrue(layout.controllers().contains("cpuset"), "this kernel has no cpusets");
        var cgroup = layout.cgroup(engine.pods().status(pod).info().get("cgroup"));
        var containers = new Resources(100_000, 50_000, 1024, 64 * MIB, 0, null, "0", "0", List.of(), Map.of());
        var overhead = new Resources(0, 10_000, 0, 16 * MIB, 0, null, "", "", List.of(), Map.of());

        engine.pods().updateResources(pod, containers, overhead, soon());

        assertEquals(80 * MIB, cgroup.stats().memory().orElseThrow().limit());
        assertEquals("0", first(cgroup, "cpuset", "cpuset.cpus"));
        if (layout.mode() == CgroupLayout.Mode.V2) {
            assertEquals("60000 100000", first(cgroup, "cpu", "cpu.max"));
        } else {
            assertEquals("60000", first(cgroup, "cpu", "cpu.cfs_quota_us"));
            assertEquals("1024", first(cgroup, "cpu", "cpu.shares"));
            var v2Only = new Resources(0, 0, 0, 0, 0, null, "", "", List.of(), Map.of("memory.high", "1000000"));
            assertThrows(
                    CarafeException.FailedPrecondition.class,
                    () -> engine.pods().updateResources(pod, v2Only, null, soon()));
        }
    }

    private static String first(Cgroup cgroup, String controller, String file) throws IOException {
        return CgroupFile.read(cgroup.directory(controller).orElseThrow().resolve(file))
                .orElseThrow()
                .strip();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
