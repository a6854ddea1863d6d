package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStats;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.Resources;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupFile;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.Executables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The cgroups of pods, whoever makes them: the test machine of scripts/vm runs this with both drivers on cgroup v2. */
@Tag("root")
@Tag("cgroup")
@Timeout(180)
class CgroupsOfRealPodsTest {

    private static final long MIB = 1 << 20;
    private static final Namespaces SHARED_PIDS = new Namespaces(Mode.POD, Mode.POD, Mode.POD, "", null);

    private final CgroupLayout layout = CgroupLayout.detect();
    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed();
        engine = bed.open();
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    @Test
    void aPodsOwnProcessItsContainersAndTheirMonitorsAreInTheirPlaces() throws Exception {
        var pod = engine.pods().run(pod("web", SHARED_PIDS), soon());
        var id = run(pod, "sleep 1000");
        var podCgroup = podCgroup(pod);
        int init = Integer.parseInt(engine.pods().status(pod).info().get("pid"));

        assertTrue(podCgroup.pids().contains(init));
        assertEquals(1, containerCgroup(id).pids().size());
        assertTrue(podCgroup.pids().containsAll(containerCgroup(id).pids()));
        assertEquals(2, podCgroup.pids().size(), "a monitor is in the pod's cgroup");
        assertEquals(3, layout.cgroup(bed.cgroupParent()).pids().size());

        engine = bed.reopen();
        assertEquals(ContainerState.RUNNING, engine.containers().status(id).state());
        assertEquals(2, podCgroup.pids().size());

        engine.pods().remove(pod, soon());
        assertFalse(podCgroup.exists());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void aPodIsLimitedFromTheStart() throws Exception {
        var limits = new Resources(100_000, 50_000, 512, 64 * MIB, 0, null, "", "", List.of(), Map.of());
        var pod = engine.pods().run(TestBed.withResources(pod("web"), limits), soon());

        var stats = podCgroup(pod).stats();
        assertEquals(64 * MIB, stats.memory().orElseThrow().limit());
        if (layout.mode() == CgroupLayout.Mode.V2) {
            assertEquals("50000 100000", file(podCgroup(pod), "cpu.max"));
            assertEquals("20", file(podCgroup(pod), "cpu.weight"));
        }
    }

    @Test
    void aContainerThatTakesMoreMemoryThanItMayIsToldSo() throws Exception {
        Assumptions.assumeTrue(layout.controllers().contains("memory"), "this kernel limits no memory");
        var limits = new Resources(0, 0, 0, 16 * MIB, 0, null, "", "", List.of(), Map.of());
        var pod = engine.pods().run(pod("web"), soon());
        var config = shell("greedy", "x=0123456789; while :; do x=$x$x; done");
        var id = engine.containers().create(pod, TestBed.withResources(config, limits), soon());
        engine.containers().start(id, soon());

        var ended = engine.containers().awaitExit(id, soon());

        assertEquals("OOMKilled", ended.reason());
    }

    @Test
    void whenThePodRunsOutOfMemoryTheContainerThatWasKilledIsToldSoAndNoOther() throws Exception {
        Assumptions.assumeTrue(layout.controllers().contains("memory"), "this kernel limits no memory");
        var limits = new Resources(0, 0, 0, 32 * MIB, 0, null, "", "", List.of(), Map.of());
        var pod = engine.pods().run(TestBed.withResources(pod("web"), limits), soon());
        var modest = run(pod, "modest", "sleep 1000");
        var greedy = run(pod, "greedy", "x=0123456789; while :; do x=$x$x; done");

        assertEquals("OOMKilled", engine.containers().awaitExit(greedy, soon()).reason());
        engine.containers().stop(modest, Duration.ZERO, soon());
        assertEquals("Error", engine.containers().status(modest).reason());
    }

    @Test
    void everyRuntimeMakesItsContainersWhereTheyBelong() throws Exception {
        Assumptions.assumeTrue(
                Executables.find("crun").isPresent() && layout.mode() != CgroupLayout.Mode.HYBRID,
                "crun is missing, or does not work on a hybrid host");
        bed.close();
        bed = new TestBed().withRuntime(Path.of("crun"));
        engine = bed.open();
        var pod = engine.pods().run(pod("web"), soon());
        var id = run(pod, "sleep 1000");

        assertEquals(1, containerCgroup(id).pids().size());
        assertTrue(containerCgroup(id).path().startsWith(podCgroup(pod).path() + "/"));
        engine.containers().stop(id, Duration.ZERO, soon());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void whatAContainerUsesIsCounted() throws Exception {
        var pod = engine.pods().run(pod("web"), soon());
        var id =
                run(pod, "/bin/busybox dd if=/dev/zero of=/tmp/f bs=65536 count=16 conv=fsync 2>/dev/null; sleep 1000");

        var stats = read(id);

        assertTrue(stats.cpu().usageNanos() > 0);
        assertTrue(stats.memory().workingSet() > 0);
        assertEquals(1, engine.stats().containers(Filter.all()).size());
        if (layout.mode() == CgroupLayout.Mode.V2) {
            boolean told = Files.exists(Path.of("/proc/pressure/memory")); // by kernels that are built with PSI
            assertEquals(told, containerCgroup(id).stats().pressures().memory().isPresent());
            assertEquals(told, stats.cpu().pressure() != null);
            assertEquals(told, stats.memory().pressure() != null);
            assertEquals(told, stats.io() != null);
        }
    }

    /** A slow machine answers without numbers first: no call waits for them. */
    private ContainerStats read(String id) throws InterruptedException {
        var limit = soon();
        var stats = engine.stats().container(id);
        while ((stats.cpu() == null || stats.memory() == null) && !limit.expired()) {
            Thread.sleep(100);
            stats = engine.stats().container(id);
        }
        return stats;
    }

    private String run(String pod, String script) {
        return run(pod, "main", script);
    }

    private String run(String pod, String name, String script) {
        var id = engine.containers().create(pod, shell(name, script), soon());
        engine.containers().start(id, soon());
        return id;
    }

    private Cgroup podCgroup(String pod) {
        return layout.cgroup(engine.pods().status(pod).info().get("cgroup"));
    }

    private Cgroup containerCgroup(String id) {
        return layout.cgroup(engine.containers().status(id).info().get("cgroup"));
    }

    private static String file(Cgroup cgroup, String name) throws IOException {
        return CgroupFile.read(cgroup.unifiedDirectory().orElseThrow().resolve(name))
                .orElseThrow()
                .strip();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }
}
