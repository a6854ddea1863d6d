package io.carafe.linux.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.process.Child;
import io.carafe.linux.process.Pipe;
import io.carafe.linux.process.Spawn;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
@Tag("cgroup")
class CgroupTest {

    private final CgroupLayout layout = CgroupLayout.detect();
    private final Cgroup parent =
            layout.cgroup("/carafe-test-" + ProcessHandle.current().pid());

    @AfterEach
    void clean() throws IOException {
        parent.kill(soon());
        parent.remove(soon());
        assertFalse(parent.exists());
    }

    @Test
    void aProcessIsCountedKilledAndTheCgroupRemoved() throws IOException {
        var cgroup = parent.child("one");
        cgroup.create();
        cgroup.create(); // again is fine
        try (var child = sleeper()) {
            cgroup.add(child.pid());
            assertTrue(cgroup.pids().contains(child.pid()));
            var stats = cgroup.stats();
            assertTrue(stats.cpu().isPresent());
            assertTrue(stats.memory().isPresent());
            assertTrue(stats.pids().orElseThrow().current() >= 1);
            cgroup.kill(soon());
            assertEquals(137, child.waitFor(soon()).orElseThrow().asShell());
        }
        cgroup.remove(soon());
        assertFalse(cgroup.exists());
        cgroup.remove(soon()); // again is fine
    }

    @Test
    void processesThatForkWithoutEndAreKilledAll() throws Exception {
        var cgroup = parent.child("bomb");
        cgroup.create();
        try (var gate = Pipe.toChild();
                var child = Spawn.of("/bin/sh", "-c", "read go; while :; do (sleep 1000 &) ; done")
                        .withDescriptor(0, gate.reader())
                        .start()) {
            cgroup.add(child.pid());
            gate.writer().writeFully("go\n".getBytes(UTF_8), 0, 3, soon());
            Thread.sleep(100);
            cgroup.kill(soon());
            assertEquals(137, child.waitFor(soon()).orElseThrow().asShell());
        }
        assertTrue(cgroup.pids().isEmpty());
    }

    @Test
    void aFrozenProcessIsKilledToo() throws IOException {
        var cgroup = parent.child("frozen");
        cgroup.create();
        try (var child = sleeper()) {
            cgroup.add(child.pid());
            cgroup.freeze(soon());
            cgroup.kill(soon());
            assertEquals(137, child.waitFor(soon()).orElseThrow().asShell());
        }
    }

    @Test
    void frozenProcessesRunOnAfterTheThaw() throws IOException {
        var cgroup = parent.child("thaw");
        cgroup.create();
        try (var gate = Pipe.toChild();
                var child = Spawn.of("/bin/sh", "-c", "read go")
                        .withDescriptor(0, gate.reader())
                        .start()) {
            cgroup.add(child.pid());
            cgroup.freeze(soon());
            gate.writer().writeFully("go\n".getBytes(UTF_8), 0, 3, soon());
            assertTrue(child.waitFor(Deadline.after(Duration.ofMillis(150))).isEmpty());
            cgroup.thaw(soon());
            assertTrue(child.waitFor(soon()).orElseThrow().success());
        }
    }

    @Test
    void removingABusyCgroupNamesItsProcessesAtTheDeadline() throws IOException {
        var cgroup = parent.child("busy");
        cgroup.create();
        try (var child = Spawn.of("/bin/sleep", "1000").start()) {
            cgroup.add(child.pid());
            var failure = assertThrows(
                    CarafeException.DeadlineExceeded.class,
                    () -> cgroup.remove(Deadline.after(Duration.ofMillis(100))));
            assertTrue(failure.getMessage().contains(String.valueOf(child.pid())), failure.getMessage());
        }
    }

    @Test
    void theTestsOwnCgroupIsNeverKilled() {
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> layout.cgroup("/").kill(soon()));
    }

    private static Child sleeper() throws IOException {
        return Spawn.of("/bin/sleep", "1000").start();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(10));
    }
}
