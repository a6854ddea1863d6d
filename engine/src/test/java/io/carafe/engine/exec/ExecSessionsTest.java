package io.carafe.engine.exec;

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
import io.carafe.engine.monitor.TestNode;
import io.carafe.linux.process.Pipe;
import io.carafe.linux.process.Spawn;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.runtime.ExecStart;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
class ExecSessionsTest {

    @TempDir
    Path directory;

    private TestNode node;
    private ExecSessions sessions;
    private Path journal;

    @BeforeEach
    void open() throws IOException {
        node = new TestNode(directory);
        node.create("c1", "sleep 100000");
        node.start("c1");
        journal = directory.resolve("execs");
        sessions = new ExecSessions(journal);
    }

    @AfterEach
    void close() throws IOException {
        try (var left = Files.list(journal);
                var closing = node) {
            assertTrue(closing.cgroup().exists());
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void outputsAndExitCodeOfACommandAreGiven() {
        var result = sessions.run(command("echo out; echo err >&2; exit 42"), soon());
        assertEquals("out\n", new String(result.stdout(), UTF_8));
        assertEquals("err\n", new String(result.stderr(), UTF_8));
        assertEquals(42, result.exitCode());
        assertEquals(137, sessions.run(command("kill -9 $$"), soon()).exitCode());
    }

    @Test
    void outputBeyondTheCapIsDroppedAndTheCommandEndsAllTheSame() {
        var result = sessions.run(
                command("dd if=/proc/self/exe of=/dev/null 2>/dev/null; yes | head -c 20000000; echo done >&2"),
                soon());
        assertEquals(ExecSessions.OUTPUT_LIMIT, result.stdout().length);
        assertEquals("done\n", new String(result.stderr(), UTF_8));
        assertEquals(0, result.exitCode());
    }

    @Test
    void aCommandThatTakesTooLongIsKilledWithAllItStarted() throws IOException {
        int before = node.cgroup().pids().size();
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> sessions.run(
                        command("sleep 1000 & (sleep 1001 & sleep 1002); sleep 1003"),
                        Deadline.after(Duration.ofSeconds(1))));
        assertEquals(before, node.cgroup().pids().size());
    }

    @Test
    void aCommandThatTakesTooLongIsNoZombieInTheContainerEither() {
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> sessions.run(command("exec sleep 1000"), Deadline.after(Duration.ofSeconds(1))));
        var processes = sessions.run(command("cat /proc/[0-9]*/stat"), soon());
        assertFalse(new String(processes.stdout(), UTF_8).contains(") Z "));
    }

    @Test
    void aDaemonisedGrandchildThatHoldsTheOutputIsNotWaitedFor() {
        var start = System.nanoTime();
        var result = sessions.run(command("echo before; setsid sleep 20 & echo after"), soon());
        assertEquals("before\nafter\n", new String(result.stdout(), UTF_8));
        assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 10);
    }

    @Test
    void aCommandThatDoesNotExistIsTheCallersMistake() {
        var failure = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> sessions.run(new ExecCommand(node.runtime(), "c1", spec(List.of("/no/such"), false)), soon()));
        assertTrue(failure.getMessage().contains("/no/such"), failure.getMessage());
        assertThrows(
                CarafeException.NotFound.class,
                () -> sessions.run(new ExecCommand(node.runtime(), "nobody", spec(List.of("/bin/sh"), false)), soon()));
    }

    @Test
    void streamedInputReachesTheProcessAndItsEndToo() throws IOException {
        var client = new Client(new ByteArrayInputStream("one\ntwo\n".getBytes(UTF_8)), false);
        assertEquals(7, sessions.stream(command("cat; echo err >&2; exit 7"), client));
        assertEquals("one\ntwo\n", client.out.toString(UTF_8));
        assertEquals("err\n", client.err.toString(UTF_8));
    }

    @Test
    void aTerminalEchoesOnceAndFollowsTheClientsSize() throws Exception {
        var typing = new PipedOutputStream();
        var client = new Client(new PipedInputStream(typing), true);
        var command = new ExecCommand(
                node.runtime(),
                "c1",
                spec(List.of("/bin/sh", "-c", "stty size; read x; stty size; tty; exit 3"), true));
        var code = new CompletableFuture<Integer>();
        Thread.ofVirtual().start(() -> {
            try {
                code.complete(sessions.stream(command, client));
            } catch (Throwable e) {
                code.completeExceptionally(e);
            }
        });
        client.await("24 80");
        client.resize.accept(new TerminalSize(132, 43));
        Thread.sleep(300);
        typing.write("hello\r".getBytes(UTF_8));
        assertEquals(3, code.get(20, TimeUnit.SECONDS));
        var text = client.out.toString(UTF_8);
        assertEquals("24 80\r\nhello\r\n43 132\r\n/dev/pts/0\r\n", text);
    }

    @Test
    void aCommandThatCannotRunOnATerminalIsTheCallersMistakeToo() throws IOException {
        var client = new Client(null, true);
        var command = new ExecCommand(node.runtime(), "c1", spec(List.of("/no/such"), true));
        assertThrows(CarafeException.InvalidArgument.class, () -> sessions.stream(command, client));
        var brief = new ExecCommand(node.runtime(), "c1", spec(List.of("/bin/echo", "brief"), true));
        assertEquals(0, sessions.stream(brief, client));
        assertEquals("brief\r\n", client.out.toString(UTF_8));
    }

    @Test
    void aClientThatIsGoneTakesItsProcessWithIt() throws Exception {
        int before = node.cgroup().pids().size();
        var client = new Client(null, false);
        var thread = Thread.ofVirtual().start(() -> {
            try {
                sessions.stream(command("echo here; sleep 1000"), client);
            } catch (CarafeException.Cancelled e) {
                // as it should
            }
        });
        client.await("here");
        thread.interrupt();
        assertTrue(thread.join(Duration.ofSeconds(20)));
        assertEquals(before, node.cgroup().pids().size());
    }

    @Test
    void whatAKilledDaemonLeftRunningIsKilled() throws Exception {
        int before = node.cgroup().pids().size();
        // as a session does, but with nobody to close it
        var abandoned = Files.createTempDirectory(journal, "exec-");
        Files.write(abandoned.resolve("process.json"), Json.write(spec(List.of("/bin/sleep", "1000"), false)));
        try (var out = Pipe.fromChild();
                var bystander = Spawn.of("/bin/sleep", "1000").start()) {
            var child = node.runtime()
                    .exec(
                            "c1",
                            new ExecStart(
                                    abandoned.resolve("process.json"),
                                    abandoned.resolve("pid"),
                                    abandoned.resolve("runtime.log"),
                                    new ExecStart.Pipes(null, out.writer(), out.writer())));
            while (!Files.exists(abandoned.resolve("pid"))) {
                Thread.sleep(10);
            }
            // a session whose pid file speaks of a pid that now is another's
            var old = Files.createDirectory(journal.resolve("exec-old"));
            Files.writeString(old.resolve("pid"), String.valueOf(bystander.pid()));
            Files.setLastModifiedTime(old.resolve("pid"), FileTime.fromMillis(1000));
            new ExecSessions(journal).recover(node.handlers(), soon());
            assertTrue(bystander.ref().alive());
            assertTrue(child.waitFor(soon()).isPresent());
            child.close();
        }
        assertEquals(before, node.cgroup().pids().size());
    }

    @Test
    void aHundredExecsLeaveDescriptorsAsTheyWere() throws IOException {
        sessions.run(command("true"), soon());
        int before = descriptors();
        for (int i = 0; i < 100; i++) {
            assertEquals(0, sessions.run(command("true"), soon()).exitCode());
        }
        assertEquals(before, descriptors());
    }

    private ExecCommand command(String script) {
        return new ExecCommand(node.runtime(), "c1", spec(List.of("/bin/sh", "-c", script), false));
    }

    private static ProcessSpec spec(List<String> args, boolean terminal) {
        return Json.read(TestNode.process(args, terminal), ProcessSpec.class, "test's process");
    }

    private static int descriptors() throws IOException {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return (int) list.count();
        }
    }

    private static final class Client implements ProcessIo {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        private final InputStream stdin;
        private final boolean terminal;
        private volatile Consumer<TerminalSize> resize;

        Client(InputStream stdin, boolean terminal) {
            this.stdin = stdin;
            this.terminal = terminal;
        }

        void await(String text) throws InterruptedException {
            for (int i = 0; i < 1000 && !out.toString(UTF_8).contains(text); i++) {
                Thread.sleep(10);
            }
            assertTrue(out.toString(UTF_8).contains(text), out.toString(UTF_8));
        }

        @Override
        public InputStream stdin() {
            return stdin;
        }

        @Override
        public OutputStream stdout() {
            return out;
        }

        @Override
        public OutputStream stderr() {
            return terminal ? null : err;
        }

        @Override
        public boolean terminal() {
            return terminal;
        }

        @Override
        public void onResize(Consumer<TerminalSize> listener) {
            resize = listener;
            listener.accept(new TerminalSize(80, 24));
        }
    }
}
