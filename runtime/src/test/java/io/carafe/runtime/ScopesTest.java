package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.systemd.Units;
import io.carafe.oci.runtime.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Scopes of the systemd of this machine, made by Carafe's own runtime and by runc: the same is asked of both. The test machine
 * of scripts/vm has systemd.
 */
@Tag("root")
@Tag("cgroup")
@Tag("not-cgroupfs")
@Timeout(120)
class ScopesTest {

    private static final long MIB = 1 << 20;
    private static final String SLICE = "carafetest-a-b.slice";
    private static final String SLICES = "/carafetest.slice/carafetest-a.slice/carafetest-a-b.slice/";
    private static final String LIMITS = """
            "memory": {"limit": 67108864, "reservation": 33554432, "swap": 67108864},
            "cpu": {"shares": 512, "quota": 20000, "period": 100000},
            "pids": {"limit": 33},
            "unified": {"memory.high": "50331648"},
            """;

    private final CgroupLayout layout = CgroupLayout.detect();

    @TempDir
    private Path directory;

    @BeforeEach
    void requireSystemd() {
        assumeTrue(
                Units.booted() && layout.mode() == CgroupLayout.Mode.V2,
                "systemd does not run this machine with cgroup v2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void systemdKnowsTheLimitsOfAContainerAndWritesThemAgain(String runtime) throws Exception {
        try (var container = container(runtime, LIMITS)) {
            container.start("sleep 1000");

            assertEquals(SLICES + container.unit(), container.property("ControlGroup"));
            assertEquals(SLICE, container.property("Slice"));
            assertEquals("yes", container.property("Delegate"));
            assertEquals("active", container.property("ActiveState"));
            var told = new TreeMap<>(Map.of(
                    "MemoryMax",
                    Long.toString(64 * MIB),
                    "MemoryLow",
                    Long.toString(32 * MIB),
                    "MemoryHigh",
                    Long.toString(48 * MIB),
                    "CPUWeight",
                    "20",
                    "CPUQuotaPerSecUSec",
                    "200ms",
                    "TasksMax",
                    "33"));
            assertEquals(told, container.properties(told));

            var written = new TreeMap<>(Map.of(
                    "memory.max",
                    Long.toString(64 * MIB),
                    "memory.low",
                    Long.toString(32 * MIB),
                    "memory.high",
                    Long.toString(48 * MIB),
                    "cpu.weight",
                    "20",
                    "cpu.max",
                    "20000 100000",
                    "pids.max",
                    "33"));
            assertEquals(written, container.files(written));
            systemctl("daemon-reload");
            assertEquals(written, container.files(written));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void anUpdateIsInForceAndOutlivesAReload(String runtime) throws Exception {
        try (var container = container(runtime, LIMITS)) {
            container.start("sleep 1000");

            container.update("""
                    {"memory": {"limit": 100663296, "swap": 100663296},
                     "cpu": {"shares": 1024, "quota": 50000, "period": 100000}, "pids": {"limit": 44}}""");

            var told = new TreeMap<>(Map.of(
                    "MemoryMax", Long.toString(96 * MIB),
                    "CPUWeight", "39",
                    "CPUQuotaPerSecUSec", "500ms",
                    "TasksMax", "44"));
            assertEquals(told, container.properties(told));
            var written = new TreeMap<>(Map.of(
                    "memory.max", Long.toString(96 * MIB),
                    "memory.high", Long.toString(48 * MIB),
                    "cpu.weight", "39",
                    "cpu.max", "50000 100000",
                    "pids.max", "44"));
            systemctl("daemon-reload");
            assertEquals(written, container.files(written));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void cpusOfAContainerOutliveAReload(String runtime) throws Exception {
        assumeTrue(layout.controllers().contains("cpuset"), "this kernel has no cpusets");
        try (var container = container(runtime, "\"cpu\": {\"cpus\": \"0\", \"mems\": \"0\"},")) {
            container.start("sleep 1000");
            var written = new TreeMap<>(Map.of("cpuset.cpus", "0", "cpuset.mems", "0"));

            assertEquals("0", container.property("AllowedCPUs"));
            assertEquals(written, container.files(written));
            systemctl("daemon-reload");
            assertEquals(written, container.files(written));
            container.update("{\"cpu\": {\"cpus\": \"0-1\"}}");
            systemctl("daemon-reload");
            assertEquals("0-1", container.file("cpuset.cpus"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void annotationsAreTheScopesProperties(String runtime) throws Exception {
        var annotations = Map.of(
                "org.systemd.property.TimeoutStopSec", "uint64 123",
                "org.systemd.property.CollectMode", "'inactive'",
                "org.systemd.property.MemorySwapMax", "uint64 8388608");
        try (var container = container(runtime, "").annotated(annotations)) {
            container.start("sleep 1000");

            var told = new TreeMap<>(Map.of(
                    "TimeoutStopUSec", "2min 3s",
                    "CollectMode", "inactive",
                    "MemorySwapMax", "8388608"));
            assertEquals(told, container.properties(told));
        }
    }

    /** Older ones of runc say nothing of it. */
    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci"})
    void anIdleContainerStaysIdleAfterAReloadUntilItIsToldNotTo(String runtime) throws Exception {
        try (var container = container(runtime, "\"cpu\": {\"shares\": 512, \"idle\": 1},")) {
            container.start("sleep 1000");
            assumeTrue(Files.exists(container.cgroup().resolve("cpu.idle")), "this kernel has no idle cgroups");

            assertEquals("idle", container.property("CPUWeight"));
            systemctl("daemon-reload");
            assertEquals("1", container.file("cpu.idle"));
            container.update("{\"cpu\": {\"shares\": 512, \"idle\": 0}}");
            assertEquals("20", container.property("CPUWeight"));
            container.update("{\"cpu\": {\"idle\": 0}}");
            systemctl("daemon-reload");
            assertEquals("0", container.file("cpu.idle"));
            assertEquals("20", container.file("cpu.weight"));
            container.update("{\"cpu\": {\"idle\": 1}}");
            systemctl("daemon-reload");
            assertEquals("1", container.file("cpu.idle"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void hugePagesAreLimitedThoughSystemdKnowsNothingOfThem(String runtime) throws Exception {
        assumeTrue(layout.controllers().contains("hugetlb"), "this kernel limits no huge pages");
        try (var container =
                container(runtime, "\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": " + 4 * MIB + "}],")) {
            container.start("sleep 1000");

            assertEquals(Long.toString(4 * MIB), container.file("hugetlb.2MB.max"));
        }
    }

    /** /dev/kmsg is none of the devices that every container has. */
    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void devicesStayForbiddenAfterAReload(String runtime) throws Exception {
        try (var container = container(runtime, "")) {
            container.start("while :; do if (: </dev/kmsg) 2>/dev/null; then echo yes; else echo no; fi >/out/kmsg.new;"
                    + " mv /out/kmsg.new /out/kmsg; (: </dev/null) && (: </dev/zero) && echo yes >/out/null;"
                    + " sleep 0.1; done");

            assertEquals("no", container.saysNow("kmsg"));
            assertEquals("yes", container.said("null"));
            systemctl("daemon-reload");
            systemctl("set-property", "--runtime", container.unit(), "TasksMax=50");
            assertEquals("no", container.saysNow("kmsg"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void whatLeftItsScopeEmptyLeavesNoUnit(String runtime) throws Exception {
        try (var container = container(runtime, "")) {
            container.start("exit 3");
            container.await("LoadState", "not-found");

            container.runtime().delete(container.id(), false, ScopedContainer.soon());
            assertFalse(Files.exists(container.cgroup()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void aContainerThatRanOutOfMemoryLeavesItsNameFree(String runtime) throws Exception {
        for (int i = 0; i < 2; i++) {
            try (var container = container(runtime, "\"memory\": {\"limit\": 33554432, \"swap\": 33554432},")) {
                container.start("x=0123456789; while :; do x=$x$x; done");
                container.await("ActiveState", "failed", "inactive");
                container.runtime().delete(container.id(), true, ScopedContainer.soon());
                container.await("LoadState", "not-found");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void byForceARunningContainerGoesWithAllItsProcesses(String runtime) throws Exception {
        try (var container = container(runtime, "")) {
            container.start("sleep 1000 & sleep 1000");

            container.runtime().delete(container.id(), true, ScopedContainer.soon());

            container.await("LoadState", "not-found");
            assertFalse(Files.exists(container.cgroup()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void aPausedContainerCanBeKilled(String runtime) throws Exception {
        try (var container = container(runtime, "")) {
            container.start("sleep 1000");

            container.runtime().pause(container.id(), ScopedContainer.soon());
            assertEquals("1", container.file("cgroup.freeze"));
            assertEquals(
                    State.Status.PAUSED,
                    container
                            .runtime()
                            .state(container.id(), ScopedContainer.soon())
                            .status());
            container.runtime().resume(container.id(), ScopedContainer.soon());
            assertEquals("0", container.file("cgroup.freeze"));
            container.runtime().pause(container.id(), ScopedContainer.soon());
            container.runtime().delete(container.id(), true, ScopedContainer.soon());
            container.await("LoadState", "not-found");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void theNameOfAScopeInUseIsRefusedAndItsOwnerLivesOn(String runtime) throws Exception {
        try (var owner = container(runtime, LIMITS)) {
            owner.start("sleep 1000");
            int pid = owner.pids().getFirst();
            try (var second = new ScopedContainer(runtime, directory.resolve("second"), owner.scope(), "")) {
                assertNotEquals(0, second.create("sleep 1000"));
            }

            assertEquals(List.of(pid), owner.pids());
            assertEquals("active", owner.property("ActiveState"));
            assertEquals("33", owner.file("pids.max"));
        }
    }

    /** The container sees its scope as the root, and may divide it, as systemd in a container does. */
    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci", "runc"})
    void aScopeIsTheContainersToDivide(String runtime) throws Exception {
        try (var container = container(runtime, "")) {
            container.start("cat /proc/self/cgroup >/out/own.new; mv /out/own.new /out/own; mkdir /sys/fs/cgroup/part"
                    + " && echo 0 >/sys/fs/cgroup/part/cgroup.procs && echo +pids >/sys/fs/cgroup/cgroup.subtree_control"
                    + " && echo 5 >/sys/fs/cgroup/part/pids.max && echo yes >/out/divided; sleep 1000");

            assertEquals("yes", container.said("divided"));
            assertEquals("0::/", container.said("own"));
            systemctl("daemon-reload");
            assertEquals("5", container.file("part/pids.max"));
            container.runtime().delete(container.id(), true, ScopedContainer.soon());
            assertFalse(Files.exists(container.cgroup()));
        }
    }

    /** What is refused is neither in the files nor with systemd, which would write it later. */
    @ParameterizedTest
    @ValueSource(strings = {"carafe-oci"})
    void anUpdateThatCannotBeLeavesEverythingAsItWas(String runtime) throws Exception {
        try (var container = container(runtime, LIMITS)) {
            container.start("sleep 1000");

            assertThrows(
                    CarafeException.class,
                    () -> container.update("{\"pids\": {\"limit\": 44}, \"unified\": {\"memory.high\": \"no\"}}"));

            assertEquals("33", container.property("TasksMax"));
            assertEquals("33", container.file("pids.max"));
        }
    }

    private ScopedContainer container(String runtime, String resources) throws IOException {
        return new ScopedContainer(runtime, directory, SLICE + ":carafe:scopes-" + runtime, resources);
    }

    private static void systemctl(String... words) throws Exception {
        ScopedContainer.run("systemctl", words);
    }
}
