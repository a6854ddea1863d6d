package io.carafe.linux.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpawnTest {

    @TempDir
    Path directory;

    @Test
    void argumentsEnvironmentAndDirectoryArrive() throws IOException {
        var run = Spawn.of("/bin/sh", "-c", "echo $PWD-$ONE-$1; echo oops >&2; exit 3", "sh", "ü")
                .withEnvironment(Map.of("ONE", "two words"))
                .withDirectory(directory)
                .run(new byte[0], 1000, soon());
        assertEquals(directory + "-two words-ü\n", run.stdout());
        assertEquals("oops\n", run.stderr());
        assertEquals(new ExitStatus(3, 0), run.status());
    }

    @Test
    void theChildHasNoDescriptorButTheOnesGiven() throws IOException {
        try (var pipe = Pipe.fromChild()) {
            var run = Spawn.of("/bin/sh", "-c", "ls /proc/self/fd | tr '\\n' ' '")
                    .withDescriptor(7, pipe.writer())
                    .run(new byte[0], 1000, soon());
            // the last one is ls's own on the directory
            assertEquals("0 1 2 3 7 ", run.stdout());
        }
    }

    @Test
    void descriptorsThatTradeNumbersDoNotOverwriteEachOther() throws IOException {
        try (var one = Pipe.fromChild();
                var two = Pipe.fromChild()) {
            int first = one.writer().number();
            int second = two.writer().number();
            try (var child = Spawn.of(
                            "/bin/sh",
                            "-c",
                            "true; echo a > /proc/self/fd/" + second + "; echo b > /proc/self/fd/" + first)
                    .withDescriptor(second, one.writer())
                    .withDescriptor(first, two.writer())
                    .start()) {
                one.writer().close();
                two.writer().close();
                assertEquals("a\n", new String(one.reader().input().readAllBytes(), UTF_8));
                assertEquals("b\n", new String(two.reader().input().readAllBytes(), UTF_8));
                assertTrue(child.waitFor(soon()).orElseThrow().success());
            }
        }
    }

    @Test
    void inputLargerThanAPipeGoesThroughAndOutputIsCapped() throws IOException {
        var input = new byte[1 << 20];
        var run = Spawn.of("/bin/cat").run(input, 300_000, soon());
        assertEquals(300_000, run.stdout().length());
        assertEquals(
                "1048576\n",
                Spawn.of("/usr/bin/wc", "-c").run(input, 100, soon()).stdout());
    }

    @Test
    void aMissingProgramAndAMissingDirectoryAreToldApart() {
        var program = assertThrows(
                SyscallException.class, () -> Spawn.of("/no/such/program").start());
        assertEquals(Errno.ENOENT, program.errno());
        assertTrue(program.getMessage().contains("/no/such/program"), program.getMessage());
        var place = assertThrows(
                SyscallException.class,
                () -> Spawn.of("/bin/true")
                        .withDirectory(Path.of("/no/such/dir"))
                        .start());
        assertTrue(place.getMessage().contains("/no/such/dir"), place.getMessage());
    }

    @Test
    void aProgramThatDoesNotEndIsKilledWithItsGroupAtTheDeadline() throws Exception {
        var file = directory.resolve("grandchild");
        var spawn = Spawn.of("/bin/sh", "-c", "sleep 1000 & echo $! > " + file + "; wait");
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> spawn.run(new byte[0], 100, Deadline.after(Duration.ofMillis(300))));
        int grandchild = Integer.parseInt(Files.readString(file).strip());
        var left = ProcessRef.of(grandchild);
        if (left.isPresent()) {
            try (var pidfd = left.get().open().orElseThrow()) {
                assertTrue(pidfd.awaitExit(soon()));
            }
        }
    }

    @Test
    void anInterruptedCallerLeavesNoProcess() throws Exception {
        var failure = new AtomicReference<Throwable>();
        var file = directory.resolve("pid");
        var thread = Thread.ofVirtual().start(() -> {
            try {
                Spawn.of("/bin/sh", "-c", "echo $$ > " + file + "; exec sleep 1000")
                        .run(new byte[0], 10, soon());
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        while (!Files.exists(file) || Files.size(file) == 0) {
            Thread.sleep(5);
        }
        int pid = Integer.parseInt(Files.readString(file).strip());
        thread.interrupt();
        assertTrue(thread.join(Duration.ofSeconds(10)));
        assertTrue(failure.get() instanceof CarafeException.Cancelled, String.valueOf(failure.get()));
        for (int i = 0; i < 500 && ProcStat.of(pid).isPresent(); i++) {
            Thread.sleep(10);
        }
        assertTrue(ProcStat.of(pid).isEmpty());
    }

    @Test
    void aGrandchildThatHoldsTheOutputOpenIsNotWaitedFor() throws IOException {
        var start = System.nanoTime();
        var run = Spawn.of("/bin/sh", "-c", "echo before; setsid sleep 3 & echo after")
                .run(new byte[0], 100, soon());
        assertEquals("before\nafter\n", run.stdout());
        assertTrue(System.nanoTime() - start < 2_500_000_000L);
    }

    @Test
    void deathBySignalIsTold() throws IOException {
        try (var child = Spawn.of("/bin/sleep", "1000").start()) {
            assertTrue(child.waitFor(Deadline.after(Duration.ofMillis(20))).isEmpty());
            assertTrue(child.signal(Signal.TERM));
            assertEquals(new ExitStatus(0, 15), child.waitFor(soon()).orElseThrow());
            assertEquals(143, child.waitFor(soon()).orElseThrow().asShell());
            assertFalse(child.signal(Signal.TERM));
        }
    }

    @Test
    void hundredsOfChildrenLeaveNoDescriptorAndNoZombie() throws Exception {
        Spawn.of("/bin/true").run(new byte[0], 10, soon());
        int before = descriptors();
        for (int i = 0; i < 200; i++) {
            assertTrue(
                    Spawn.of("/bin/true").run(new byte[0], 10, soon()).status().success());
        }
        assertEquals(before, descriptors());
        long self = ProcessHandle.current().pid();
        try (var children = Files.list(Path.of("/proc"))
                .filter(path -> path.getFileName().toString().matches("[0-9]+"))) {
            assertEquals(
                    0,
                    children.map(path -> ProcStat.of(
                                    Integer.parseInt(path.getFileName().toString())))
                            .filter(stat -> stat.isPresent()
                                    && stat.get().ppid() == self
                                    && stat.get().dead())
                            .count());
        }
    }

    private static int descriptors() throws IOException {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return (int) list.count();
        }
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }
}
