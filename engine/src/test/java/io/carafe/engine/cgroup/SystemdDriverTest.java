package io.carafe.engine.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.cgroup.CgroupLayout.Mode;
import io.carafe.linux.dbus.Body.Property;
import io.carafe.linux.dbus.Value;
import io.carafe.linux.systemd.Units;
import io.carafe.oci.runtime.LinuxResources;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SystemdDriverTest {

    private static final CgroupLayout V2 = new CgroupLayout(Map.of(), Optional.of(Path.of("/sys/fs/cgroup")));

    private final CgroupDriver driver = SystemdDriver.of(V2, new Units(), "/carafe");

    @Test
    void aPodsSliceIsTheOneThatItsCallerNames() {
        var path = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice";

        assertEquals(path, driver.podCgroup("kubepods-burstable-pod1_2.slice", "abc"));
        assertEquals(path, driver.podCgroup(path, "abc"));
        assertEquals("/carafe.slice/carafe-abc.slice", driver.podCgroup("", "abc"));
    }

    @Test
    void aContainersScopeIsNamedForItsRuntimeAsSystemdDoes() {
        var scope = driver.containerCgroup("/kubepods.slice/kubepods-pod1.slice", "abc");

        assertEquals("/kubepods.slice/kubepods-pod1.slice/cri-carafe-abc.scope", scope);
        assertEquals("kubepods-pod1.slice:cri-carafe:abc", driver.cgroupsPath(scope));
    }

    @Test
    void aScopeIsFoundByThePathThatARuntimeIsGiven() {
        assertEquals(
                "/kubepods.slice/kubepods-pod1.slice/cri-carafe-abc.scope",
                driver.named("kubepods-pod1.slice:cri-carafe:abc"));
        assertEquals("/a.slice/abc.scope", driver.named("a.slice::abc"));
        for (var wrong : List.of(
                "/a/b", "a.slice:b", "a.slice:b:", "a:b:c", "a.slice:b/:c", "a.slice:b:c:d", "a.slice::c.slice")) {
            assertThrows(CarafeException.InvalidArgument.class, () -> driver.named(wrong), wrong);
        }
    }

    @Test
    void monitorsAreApartFromPods() {
        assertEquals(
                "/carafe.slice/carafe-monitors.slice/carafe-conmon-abc.scope",
                driver.monitorCgroup(Optional.empty(), "abc"));
        assertEquals("/system.slice/carafe-conmon-abc.scope", driver.monitorCgroup(Optional.of("system.slice"), "abc"));
    }

    @Test
    void aPathInThePlaceOfASliceIsTakenForOne() {
        assertEquals(
                "/a.slice/a-b.slice", SystemdDriver.of(V2, new Units(), "/a/b").parent());
        assertEquals(
                "/a.slice/a-b.slice",
                SystemdDriver.of(V2, new Units(), "a-b.slice").parent());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/kubepods/pod1", "kubepods", "-.slice", "a--b.slice", "a b.slice", "../x\n.slice", ".slice"})
    void whatIsNoSliceIsRefused(String parent) {
        assertThrows(CarafeException.InvalidArgument.class, () -> driver.podCgroup(parent, "abc"));
    }

    @Test
    void aSliceIsRefusedWhereSystemdDoesNotMakeCgroups() {
        var cgroupfs = new CgroupfsDriver(V2, "/carafe");

        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> cgroupfs.podCgroup("/kubepods.slice/kubepods-pod1.slice", "abc"));

        assertTrue(e.getMessage().contains("cgroup_driver"), e.getMessage());
    }

    @Test
    void limitsBecomeProperties() {
        var limits = new LinuxResources(
                List.of(),
                new LinuxResources.Memory(100L, null, 150L, null, null, null, null, null, null),
                new LinuxResources.Cpu(1024L, 12_345L, null, 100_000L, null, null, "0-2,9", null, null),
                null,
                null,
                List.of(),
                null,
                Map.of(),
                Map.of("memory.high", "max", "pids.max", "77", "memory.oom.group", "1"));

        var properties = new SliceProperties(Mode.V2).of(limits);

        assertTrue(properties.contains(number("CPUWeight", 39)), properties.toString());
        assertTrue(properties.contains(number("CPUQuotaPerSecUSec", 130_000)), "12.345 % is rounded up to 13 %");
        assertTrue(properties.contains(number("CPUQuotaPeriodUSec", 100_000)));
        assertTrue(properties.contains(new Property("AllowedCPUs", new Value.Bytes(List.of((byte) 7, (byte) 2)))));
        assertTrue(properties.contains(number("MemoryMax", 100)));
        assertTrue(properties.contains(number("MemorySwapMax", 50)));
        assertTrue(properties.contains(number("MemoryHigh", -1)));
        assertTrue(properties.contains(number("TasksMax", 77)));
        assertEquals(8, properties.size(), "memory.oom.group has none");
    }

    private static Property number(String name, long value) {
        return new Property(name, new Value.Unsigned64(value));
    }
}
