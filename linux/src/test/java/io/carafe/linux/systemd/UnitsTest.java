package io.carafe.linux.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.dbus.Body.Property;
import io.carafe.linux.dbus.Bus;
import io.carafe.linux.dbus.Value;
import io.carafe.linux.process.Signal;
import io.carafe.linux.process.Spawn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With the systemd of this machine, where there is one: scripts/vm has it. */
@Tag("root")
@Tag("cgroup")
@Tag("not-cgroupfs")
@Timeout(60)
class UnitsTest {

    private static final String SLICE = "carafetest-units.slice";
    private static final String SCOPE = "carafetest-unit.scope";

    private final Units units = new Units();

    @BeforeEach
    void requireSystemd() {
        assumeTrue(Units.booted() && Files.exists(Bus.SYSTEM), "systemd does not run this machine");
    }

    @Test
    void aScopeHoldsAProcessUntilItIsStopped() throws Exception {
        try (var child = Spawn.of("/bin/sleep", "1000").start()) {
            var properties = List.of(
                    new Property("Slice", new Value.Text(SLICE)),
                    new Property("Delegate", new Value.Bool(true)),
                    new Property("MemoryMax", new Value.Unsigned64(64 << 20)),
                    new Property("PIDs", new Value.Unsigned32s(List.of(child.pid()))));
            units.startTransient(SCOPE, properties, soon());
            units.startTransient(SCOPE, properties, soon()); // again: it is there

            var cgroup = CgroupLayout.detect().cgroup("/carafetest.slice/" + SLICE + "/" + SCOPE);
            assertTrue(cgroup.pids().contains(child.pid()));
            assertEquals(64 << 20, cgroup.stats().memory().orElseThrow().limit());

            units.set(SCOPE, List.of(new Property("TasksMax", new Value.Unsigned64(17))), soon());
            child.signal(Signal.KILL);
            units.stop(List.of(SCOPE, SLICE, "carafetest.slice"), soon());
            assertFalse(cgroup.exists());
        }
    }

    @Test
    void aUnitThatIsNotThereIsStopped() {
        units.stop(List.of("carafetest-nothing.scope"), soon());
    }

    @Test
    void whatSystemdRefusesIsToldInItsWords() {
        var e = assertThrows(
                CarafeException.Internal.class,
                () -> units.startTransient("carafetest-empty.scope", List.of(), soon()));

        assertTrue(e.getMessage().contains("carafetest-empty.scope"), e.getMessage());
        assertTrue(e.getMessage().contains("org.freedesktop"), e.getMessage());
    }

    @Test
    void itTellsItsVersion() {
        assertFalse(units.version(soon()).isEmpty());
    }

    @Test
    void aBusThatIsNotThereIsUnavailable(@TempDir Path directory) {
        assertThrows(CarafeException.Unavailable.class, () -> new Units(directory.resolve("no-bus")).version(soon()));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
