package io.carafe.engine;

import static io.carafe.engine.TestBed.shell;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.Resources;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pods of gVisor's runsc: a kernel of their own each, of which the host sees the sandbox only. */
@Tag("root")
@Timeout(180)
class SandboxedPodTest {

    private static final Namespaces OWN_PIDS = new Namespaces(Mode.POD, Mode.CONTAINER, Mode.POD, "", null);

    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.isExecutable(TestBed.RUNSC), "there is no runsc; scripts/runsc.sh builds one");
        bed = new TestBed();
        engine = bed.open();
    }

    @AfterEach
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void podRunsContainersInOneSandboxAndLeavesNothing() throws Exception {
        var pod = pod("web");
        var first = run(pod, "first", "sleep 1000");
        var second = run(pod, "second", "exit 7");
        assertEquals("web\n", exec(first, "hostname"));
        assertTrue(exec(first, "cat", "/proc/version").startsWith("Linux version 4."), "not the host's kernel");
        assertEquals(7, engine.containers().awaitExit(second, soon()).exitCode());
        assertTrue(exec(first, "cat", "/proc/net/route").contains("eth0"));

        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void stopSendsTheSignalInsideAndThenKills() {
        var pod = pod("stop");
        var polite = run(pod, "polite", "trap 'exit 3' TERM; touch /tmp/set; while true; do sleep 0.1; done");
        awaitTrap(polite);
        engine.containers().stop(polite, Duration.ofSeconds(20), soon());
        assertEquals(3, engine.containers().status(polite).exitCode());

        var deaf = run(pod, "deaf", "trap '' TERM; while true; do sleep 0.1; done");
        engine.containers().stop(deaf, Duration.ofMillis(300), soon());
        assertEquals(137, engine.containers().status(deaf).exitCode());
        assertEquals(PodState.READY, engine.pods().status(pod).state());
    }

    @Test
    void outputReachesTheContainersLog() throws Exception {
        var p = TestBed.pod("output", OWN_PIDS, "", "runsc");
        var logs = bed.base().resolve("logs");
        var pod = engine.pods()
                .run(
                        new PodConfig(
                                p.name(),
                                p.hostname(),
                                logs.toString(),
                                p.dns(),
                                p.portMappings(),
                                p.labels(),
                                p.annotations(),
                                p.cgroupParent(),
                                p.sysctls(),
                                p.security(),
                                p.runtimeHandler(),
                                p.resources(),
                                p.overhead()),
                        soon());
        var container = start(engine.containers().create(pod, logged("echo out; echo err >&2; exit 5"), soon()));
        assertEquals(5, engine.containers().awaitExit(container, soon()).exitCode());
        var log = Files.readString(logs.resolve("main.log"));
        assertTrue(log.contains(" stdout F out\n") && log.contains(" stderr F err\n"), log);
        assertEquals(2, log.lines().count(), log);
    }

    private static ContainerConfig logged(String script) {
        var c = shell("main", script);
        return new ContainerConfig(
                c.name(),
                c.image(),
                c.userSpecifiedImage(),
                c.command(),
                c.args(),
                c.workingDir(),
                c.env(),
                c.mounts(),
                c.devices(),
                c.cdiDevices(),
                c.labels(),
                c.annotations(),
                "main.log",
                c.stdin(),
                c.stdinOnce(),
                c.tty(),
                c.stopSignal(),
                c.security(),
                c.resources());
    }

    @Test
    void createdContainerIsRemovedWithoutEverRunning() throws Exception {
        var pod = pod("never");
        var container = engine.containers().create(pod, shell("main", "sleep 1000"), soon());
        engine.containers().remove(container, soon());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void execHasOutputsAndExitCodeAndIsKilledInsideAtItsTimeout() {
        var container = run(pod("exec"), "main", "sleep 1000");
        var result = engine.containers()
                .execSync(container, List.of("/bin/sh", "-c", "echo out; echo err >&2; exit 5"), Duration.ZERO, soon());
        assertEquals("out\n", new String(result.stdout(), UTF_8));
        assertEquals("err\n", new String(result.stderr(), UTF_8));
        assertEquals(5, result.exitCode());
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> engine.containers()
                        .execSync(
                                container,
                                List.of("/bin/sh", "-c", "sleep 777 & sleep 778"),
                                Duration.ofSeconds(1),
                                soon()));
        var processes = exec(container, "ps");
        assertFalse(processes.contains("sleep 77"), processes);
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> engine.containers().execSync(container, List.of("/no/such"), Duration.ZERO, soon()));
    }

    @Test
    void containersSharePidsIfThePodDoes() {
        var shared = new Namespaces(Mode.POD, Mode.POD, Mode.POD, "", null);
        var pod = engine.pods().run(TestBed.pod("shared", shared, "", "runsc"), soon());
        var config = TestBed.container("one", List.of("/bin/sleep", "1234"), TestBed.security(shared));
        start(engine.containers().create(pod, config, soon()));
        var other = TestBed.container("two", List.of("/bin/sleep", "4321"), TestBed.security(shared));
        var two = start(engine.containers().create(pod, other, soon()));
        var processes = exec(two, "ps");
        assertTrue(processes.contains("carafe-launcher pause") && processes.contains("sleep 1234"), processes);
    }

    @Test
    void portOfTheSandboxesLoopbackCanBeReached() throws Exception {
        var pod = pod("ports");
        run(pod, "main", "while true; do echo hello | nc -l -p 7000; done");
        assertEquals("hello\n", heard(pod, 7000));
        var refused = assertThrows(
                CarafeException.Unavailable.class, () -> engine.pods().portForward(pod, 7001, soon()));
        assertTrue(refused.getMessage().contains("refused"), refused.getMessage());
    }

    @Test
    void usageIsWhatTheSandboxCounts() throws Exception {
        var container = run(pod("stats"), "main", "while true; do :; done");
        var stats = engine.stats().container(container);
        for (int i = 0; i < 100 && (stats.cpu() == null || stats.cpu().usageNanos() == 0); i++) {
            Thread.sleep(100);
            stats = engine.stats().container(container);
        }
        assertTrue(stats.cpu().usageNanos() > 0, stats.toString());
        assertTrue(stats.memory().usage() > 0, stats.toString());
        assertEquals(1, stats.processes().count());
    }

    @Test
    void podWhoseSandboxDiesIsStoppedAndItsContainersHaveEnded() throws Exception {
        var pod = pod("dies");
        var container = run(pod, "main", "sleep 1000");
        ProcessHandle.of(sandbox(pod)).orElseThrow().destroyForcibly();
        assertEquals(137, engine.containers().awaitExit(container, soon()).exitCode());
        while (engine.pods().status(pod).state() == PodState.READY) {
            Thread.sleep(20);
        }
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void aContainerThatTakesMoreMemoryThanThePodMayIsToldSo() throws Exception {
        var limits = new Resources(0, 0, 0, 96 << 20, 0, null, "", "", List.of(), Map.of());
        var config = TestBed.withResources(TestBed.pod("greedy", OWN_PIDS, "", "runsc"), limits);
        var pod = engine.pods().run(config, soon());
        var modest = run(pod, "modest", "sleep 1000");
        var over = run(pod, "over", "exit 3");
        assertEquals(3, engine.containers().awaitExit(over, soon()).exitCode());
        var greedy = run(pod, "greedy", "x=0123456789; while :; do x=$x$x; done");
        assertEquals("OOMKilled", engine.containers().awaitExit(greedy, soon()).reason());
        // the kernel chooses: a process that stands for the greedy one inside, or all of the sandbox
        boolean sandboxLives = ProcessHandle.of(sandbox(pod)).isPresent();
        engine.containers().stop(modest, Duration.ZERO, soon());
        assertEquals(
                sandboxLives ? "Error" : "OOMKilled",
                engine.containers().status(modest).reason());
        assertEquals("Error", engine.containers().status(over).reason());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    private long sandbox(String pod) {
        return Long.parseLong(engine.pods().status(pod).info().get("pid"));
    }

    @Test
    void mountsOfAContainerAreNotTheNodes() throws Exception {
        var pod = pod("mounts");
        var mount = new ContainerConfig.Mount(
                "/mnt",
                Files.createDirectories(bed.base().resolve("volume")).toString(),
                false,
                false,
                false,
                ContainerConfig.Mount.Propagation.BIDIRECTIONAL,
                List.of(),
                List.of(),
                "",
                "",
                List.of());
        var refused = assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers()
                        .create(pod, TestBed.withMounts(shell("main", "sleep 1000"), List.of(mount)), soon()));
        assertTrue(refused.getMessage().contains("runtime handler runsc"), refused.getMessage());
    }

    @Test
    void everythingIsTakenUpAfterARestart() throws Exception {
        var pod = pod("again");
        var stays = run(pod, "stays", "trap 'exit 9' TERM; touch /tmp/set; while true; do sleep 0.1; done");
        awaitTrap(stays);
        var ends = run(pod, "ends", "sleep 1; exit 4");
        bed.shut();
        Thread.sleep(1500);
        engine = bed.open();
        assertEquals(PodState.READY, engine.pods().status(pod).state());
        assertEquals(4, engine.containers().status(ends).exitCode());
        assertEquals(ContainerState.RUNNING, engine.containers().status(stays).state());
        assertEquals("again\n", exec(stays, "hostname"));
        engine.containers().stop(stays, Duration.ofSeconds(20), soon());
        assertEquals(9, engine.containers().status(stays).exitCode());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void hungSandboxCanBeRemoved() throws Exception {
        var pod = pod("hung");
        run(pod, "main", "sleep 1000");
        var sandbox = engine.pods().status(pod).info().get("pid");
        new ProcessBuilder("kill", "-STOP", sandbox).start().waitFor();
        engine.pods().remove(pod, Deadline.after(Duration.ofSeconds(60)));
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void namespacesOfTheNodeAreRefused() {
        var pids = new Namespaces(Mode.POD, Mode.NODE, Mode.POD, "", null);
        var refused = assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.pods().run(TestBed.pod("node", pids, "", "runsc"), soon()));
        assertTrue(refused.getMessage().contains("kernel of its own"), refused.getMessage());
    }

    @Test
    void podInTheHostsNetworkUsesIt() throws Exception {
        var host = new Namespaces(Mode.NODE, Mode.CONTAINER, Mode.POD, "", null);
        var pod = engine.pods().run(TestBed.pod("host", host, "", "runsc"), soon());
        run(pod, "main", "while true; do echo hello | nc -l -p 17003; done");
        assertEquals("hello\n", heard(pod, 17003));
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    private String heard(String pod, int port) throws Exception {
        for (int i = 0; ; i++) {
            try (var channel = engine.pods().portForward(pod, port, soon())) {
                var buffer = ByteBuffer.allocate(64);
                channel.read(buffer);
                return new String(buffer.array(), 0, buffer.position(), UTF_8);
            } catch (CarafeException.Unavailable e) {
                assertTrue(i < 100, e.getMessage());
                Thread.sleep(50); // the listener is not there yet
            }
        }
    }

    private String pod(String name) {
        return engine.pods().run(TestBed.pod(name, OWN_PIDS, "", "runsc"), soon());
    }

    private String run(String pod, String name, String script) {
        return start(engine.containers().create(pod, shell(name, script), soon()));
    }

    private String start(String container) {
        engine.containers().start(container, soon());
        return container;
    }

    /** A signal before the shell has come to its trap would be one without a handler. */
    private void awaitTrap(String container) {
        while (!exec(container, "ls", "/tmp").contains("set")) {
            Thread.onSpinWait();
        }
    }

    private String exec(String container, String... command) {
        var result = engine.containers().execSync(container, List.of(command), Duration.ZERO, soon());
        return new String(result.stdout(), UTF_8) + new String(result.stderr(), UTF_8);
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
