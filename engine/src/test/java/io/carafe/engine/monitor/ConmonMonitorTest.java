package io.carafe.engine.monitor;

import static io.carafe.engine.monitor.TestNode.soon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.base.ProcessIo.TerminalSize;
import io.carafe.engine.monitor.TestNode.Options;
import io.carafe.linux.process.ProcStat;
import io.carafe.linux.process.Signal;
import io.carafe.oci.runtime.State;
import io.carafe.runtime.ExternalRuntime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
@Timeout(120)
class ConmonMonitorTest {

    @TempDir
    Path directory;

    private TestNode node;

    @BeforeEach
    void open() throws IOException {
        node = new TestNode(directory);
    }

    @AfterEach
    void close() throws IOException {
        node.close();
        assertFalse(node.cgroup().exists());
    }

    @Test
    void aContainerRunsLogsAndItsExitCodeIsKnown() throws Exception {
        var before = Instant.now();
        var created = node.create("c1", "echo out; echo err >&2; exit 3");
        assertTrue(created.container().alive());
        assertTrue(created.monitor().alive());
        assertFalse(node.monitor().exit("c1").isDone());
        assertEquals(State.Status.CREATED, node.runtime().state("c1", soon()).status());
        node.start("c1");
        var exit = exitOf("c1");
        assertEquals(3, exit.code());
        assertFalse(exit.oomKilled());
        assertEquals("", exit.problem());
        assertFalse(exit.finishedAt().isBefore(before.minusSeconds(1)));
        assertFalse(exit.finishedAt().isAfter(Instant.now().plusSeconds(1)));
        var lines = node.logLines("c1");
        assertTrue(lines.contains("stdout F out") && lines.contains("stderr F err"), lines.toString());
        assertEquals(State.Status.STOPPED, node.runtime().state("c1", soon()).status());
        assertFalse(node.runtime().kill("c1", Signal.TERM, false, soon()));
        node.runtime().delete("c1", false, soon());
        node.runtime().delete("c1", false, soon());
        assertThrows(CarafeException.NotFound.class, () -> node.runtime().state("c1", soon()));
        node.monitor().forget("c1");
        assertThrows(CarafeException.NotFound.class, () -> node.monitor().exit("c1"));
    }

    @Test
    void aSignalsExitIs128AndTheSignal() throws Exception {
        node.create("c1", "trap 'exit 7' TERM; sleep 1000 & wait");
        node.start("c1");
        assertTrue(node.runtime().kill("c1", Signal.KILL, false, soon()));
        assertEquals(137, exitOf("c1").code());
    }

    @Test
    void aCommandThatDoesNotExistIsTheCallersMistakeAndLeavesNothing() throws Exception {
        var request = node.request("c1", List.of("/no/such/program"), Options.NONE);
        var failure = assertThrows(
                CarafeException.InvalidArgument.class, () -> node.monitor().create(request, soon()));
        assertTrue(failure.getMessage().contains("/no/such/program"), failure.getMessage());
        assertThrows(CarafeException.NotFound.class, () -> node.runtime().state("c1", soon()));
        assertFalse(Files.exists(node.log("c1")));
        assertFalse(node.cgroup().child("c1").exists());
        var lookup = node.request("c2", List.of("nonesuch"), Options.NONE);
        assertThrows(CarafeException.InvalidArgument.class, () -> node.monitor().create(lookup, soon()));
    }

    @Test
    void aHungRuntimeIsBoundedByTheDeadlineAndKilled() throws Exception {
        var pids = directory.resolve("pids");
        var script = directory.resolve("hung-runc");
        Files.writeString(script, "#!/bin/sh\necho $$ >> " + pids + "\nsleep 1000 &\necho $! >> " + pids + "\nwait\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        var hung = new ExternalRuntime(
                "hung", script.toString(), directory.resolve("hung"), List.of(), TestNode.launcher());
        var request = node.request("c1", List.of("/bin/true"), Options.NONE.with(hung));
        var start = System.nanoTime();
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> node.monitor().create(request, Deadline.after(Duration.ofMillis(700))));
        assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 15);
        for (var pid : Files.readAllLines(pids)) {
            var stat = ProcStat.of(Integer.parseInt(pid));
            assertTrue(stat.isEmpty() || stat.get().dead(), "process " + pid + " is left: " + stat);
        }
        assertTrue(node.cgroup().pids().isEmpty());
    }

    @Test
    @Tag("cgroup")
    void aContainerKilledForWantOfMemoryIsToldSo() throws Exception {
        var request = node.request(
                "c1", List.of("/bin/sh", "-c", "x=a; while :; do x=$x$x; done"), Options.NONE.withMemory(16 << 20));
        node.monitor().create(request, soon());
        node.start("c1");
        var exit = exitOf("c1");
        assertEquals(137, exit.code());
        assertTrue(exit.oomKilled());
    }

    @Test
    @Tag("cgroup")
    void whenTheMonitorIsKilledTheContainerIsKilledAndReported() throws Exception {
        var created = node.create("c1", "sleep 1000");
        node.start("c1");
        created.monitor().signal(Signal.KILL);
        var exit = exitOf("c1");
        assertEquals(137, exit.code());
        assertTrue(exit.problem().contains("monitor"), exit.problem());
        assertFalse(created.container().alive());
    }

    @Test
    void anExitDuringTheDaemonsAbsenceIsKnownAfterwards() throws Exception {
        var ended = node.create("ended", "exit 5");
        var running = node.create("running", "sleep 1000");
        var lost = node.create("lost", "sleep 1000");
        node.monitor().close();
        node.start("ended");
        node.start("running");
        node.start("lost");
        while (!Files.exists(node.bundle("ended").resolve("exit"))) {
            Thread.sleep(10);
        }
        lost.monitor().signal(Signal.KILL);
        lost.container().signal(Signal.KILL);
        node.restart();
        for (var monitored : List.of(ended, running, lost)) {
            node.monitor().recover(monitored, node.runtime());
        }
        assertTrue(node.monitor().exit("ended").isDone());
        assertEquals(5, exitOf("ended").code());
        assertEquals(137, exitOf("lost").code());
        assertFalse(node.monitor().exit("running").isDone());
        node.runtime().kill("running", Signal.KILL, false, soon());
        assertEquals(137, exitOf("running").code());
        assertEquals("", exitOf("running").problem());
    }

    @Test
    void manyExitsAtOnceAreAllAnnounced() throws Exception {
        for (int i = 0; i < 8; i++) {
            node.create("c" + i, "exit " + i);
        }
        for (int i = 0; i < 8; i++) {
            node.start("c" + i);
        }
        for (int i = 0; i < 8; i++) {
            assertEquals(i, exitOf("c" + i).code());
        }
    }

    @Test
    @Tag("cgroup")
    void discardAfterACrashedCreateFindsTheMonitorByItself() throws Exception {
        var created = node.create("c1", "sleep 1000");
        node.restart(); // nothing was stored
        node.monitor().discard("c1", node.bundle("c1"), node.runtime(), soon());
        assertFalse(created.monitor().alive());
        assertFalse(created.container().alive());
        assertThrows(CarafeException.NotFound.class, () -> node.runtime().state("c1", soon()));
        node.monitor().discard("c1", node.bundle("c1"), node.runtime(), soon());
    }

    @Test
    void attachCarriesInputAndOutputAndEndsWithTheContainer() throws Exception {
        var request = node.request("c1", List.of("/bin/sh", "-c", "cat; echo bye >&2"), Options.NONE.withStdin());
        node.monitor().create(request, soon());
        node.start("c1");
        var client = new Client(false);
        var attached = Thread.ofVirtual().start(() -> node.monitor().attach("c1", client));
        client.typing.write("hello\n".getBytes(UTF_8));
        client.await("hello\n");
        client.typing.close();
        // --leave-stdin-open: the end of one client's input is not the container's
        assertFalse(node.monitor().exit("c1").isDone());
        node.runtime().kill("c1", Signal.KILL, true, soon());
        assertTrue(attached.join(Duration.ofSeconds(20)));
        assertEquals(137, exitOf("c1").code());
        var late = assertThrows(
                CarafeException.FailedPrecondition.class, () -> node.monitor().attach("c1", new Client(false)));
        assertTrue(late.getMessage().contains("c1"), late.getMessage());
    }

    @Test
    void aTerminalHasTheClientsSize() throws Exception {
        var request = node.request(
                "c1", List.of("/bin/sh", "-c", "read x; stty size; tty; exit 0"), Options.NONE.onTerminal());
        node.monitor().create(request, soon());
        node.start("c1");
        var client = new Client(true);
        var attached = Thread.ofVirtual().start(() -> node.monitor().attach("c1", client));
        node.monitor().resize("c1", new TerminalSize(111, 37));
        Thread.sleep(200);
        client.typing.write("go\r".getBytes(UTF_8));
        client.await("37 111");
        assertTrue(attached.join(Duration.ofSeconds(20)));
        assertEquals(0, exitOf("c1").code());
    }

    @Test
    void aClientThatLeavesDoesNotDisturbTheContainer() throws Exception {
        node.create("c1", "while :; do echo tick; sleep 0.05; done");
        node.start("c1");
        var client = new Client(false);
        var attached = Thread.ofVirtual().start(() -> node.monitor().attach("c1", client));
        client.await("tick");
        attached.interrupt();
        assertTrue(attached.join(Duration.ofSeconds(5)));
        assertFalse(node.monitor().exit("c1").isDone());
    }

    @Test
    void reopeningTheLogLosesNoLine() throws Exception {
        node.create("c1", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; sleep 0.5; echo last");
        node.start("c1");
        var rotated = directory.resolve("rotated.log");
        while (Files.size(node.log("c1")) < 10_000) {
            Thread.sleep(2);
        }
        Files.move(node.log("c1"), rotated);
        node.monitor().reopenLog("c1", soon());
        assertTrue(Files.exists(node.log("c1")));
        exitOf("c1");
        var text = new StringBuilder();
        for (var file : List.of(rotated, node.log("c1"))) {
            for (var line : Files.readAllLines(file)) {
                // time, stream, F or P for a part of a line, text
                var parts = line.split(" ", 4);
                text.append(parts[3]).append(parts[2].equals("F") ? "\n" : "");
            }
        }
        var expected = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            expected.append("line ").append(i).append('\n');
        }
        assertEquals(expected + "last\n", text.toString());
    }

    @Test
    void fiftyCyclesLeaveNoProcessDescriptorMountOrCgroup() throws Exception {
        cycle("warm");
        int descriptors = descriptors();
        for (int i = 0; i < 50; i++) {
            cycle("c" + i);
        }
        assertEquals(descriptors, descriptors());
        assertFalse(Files.readString(Path.of("/proc/self/mountinfo")).contains(directory.toString()));
        assertTrue(node.cgroup().pids().isEmpty());
        try (var exits = Files.list(directory.resolve("exits"))) {
            assertEquals(List.of(), exits.toList());
        }
        for (var hierarchy : node.cgroup().directories()) {
            try (var below = Files.list(hierarchy)) {
                assertEquals(
                        List.of(hierarchy.resolve("monitors")),
                        below.filter(Files::isDirectory).toList());
            }
        }
    }

    private void cycle(String id) throws Exception {
        node.create(id, "exit 0");
        node.start(id);
        assertEquals(0, exitOf(id).code());
        node.delete(id);
    }

    private ContainerExit exitOf(String id) throws Exception {
        return node.monitor().exit(id).get(30, TimeUnit.SECONDS);
    }

    private static int descriptors() throws IOException {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return (int) list.count();
        }
    }

    /** Somebody at the other end, who types into {@code typing} and keeps what is shown. */
    private static final class Client implements ProcessIo {
        final PipedOutputStream typing = new PipedOutputStream();
        private final PipedInputStream stdin;
        private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
        private final boolean terminal;

        Client(boolean terminal) throws IOException {
            this.terminal = terminal;
            this.stdin = new PipedInputStream(typing);
        }

        void await(String text) throws InterruptedException {
            for (int i = 0; i < 1000 && !shown.toString(UTF_8).contains(text); i++) {
                Thread.sleep(10);
            }
            assertTrue(shown.toString(UTF_8).contains(text), shown.toString(UTF_8));
        }

        @Override
        public InputStream stdin() {
            return stdin;
        }

        @Override
        public OutputStream stdout() {
            return shown;
        }

        @Override
        public OutputStream stderr() {
            return shown;
        }

        @Override
        public boolean terminal() {
            return terminal;
        }

        @Override
        public void onResize(Consumer<TerminalSize> listener) {}
    }
}
