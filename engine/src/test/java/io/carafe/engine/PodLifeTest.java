package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.event.ContainerEvent.Kind;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.PodState;
import io.carafe.linux.cgroup.CgroupLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("root")
@Timeout(120)
class PodLifeTest {

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

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    @Test
    @Tag("cgroup")
    void podComesUpRunsAContainerAndLeavesNothing() throws Exception {
        var pod = engine.pods().run(pod("web"), soon());
        var status = engine.pods().status(pod);
        assertEquals(PodState.READY, status.state());
        assertTrue(status.ips().getFirst().startsWith("10.213."), status.ips().toString());

        var container = engine.containers().create(pod, shell("main", "exit 7"), soon());
        assertEquals(
                ContainerState.CREATED, engine.containers().status(container).state());
        engine.containers().start(container, soon());
        var ended = engine.containers().awaitExit(container, soon());
        assertEquals(ContainerState.EXITED, ended.state());
        assertEquals(7, ended.exitCode());
        assertEquals("Error", ended.reason());

        engine.pods().stop(pod, soon());
        assertEquals(PodState.NOTREADY, engine.pods().status(pod).state());
        engine.pods().remove(pod, soon());
        assertThrows(CarafeException.NotFound.class, () -> engine.pods().status(pod));
        assertThrows(CarafeException.NotFound.class, () -> engine.containers().status(container));
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    @Tag("cgroup")
    void podsWhoseCallerGaveThemOneCgroupParentDoNotTakeEachOtherDown() throws Exception {
        var shared = new Namespaces(Mode.POD, Mode.POD, Mode.POD, "", null);
        var stays = engine.pods().run(pod("stays", shared, bed.cgroupBelow("both")), soon());
        var goes = engine.pods().run(pod("goes", shared, bed.cgroupBelow("both")), soon());
        engine.pods().remove(goes, soon());
        assertEquals(PodState.READY, engine.pods().status(stays).state());
        var container = run(stays, "main", "sleep 1000");
        assertEquals(
                ContainerState.RUNNING, engine.containers().status(container).state());
        engine.pods().remove(stays, soon());
    }

    @Test
    void stopAndRemoveOfUnknownOnesSucceed() {
        engine.pods().stop("0123", soon());
        engine.pods().remove("0123", soon());
        engine.containers().stop("0123", Duration.ZERO, soon());
        engine.containers().remove("0123", soon());
    }

    @Test
    void stopSendsTheSignalAndThenKills() {
        var pod = engine.pods().run(pod("stop"), soon());
        var polite = run(pod, "polite", "trap 'exit 3' TERM; touch /tmp/set; while true; do sleep 0.1; done");
        awaitTrap(polite);
        engine.containers().stop(polite, Duration.ofSeconds(20), soon());
        assertEquals(3, engine.containers().status(polite).exitCode());

        var deaf = run(pod, "deaf", "trap '' TERM; while true; do sleep 0.1; done");
        engine.containers().stop(deaf, Duration.ofMillis(300), soon());
        assertEquals(137, engine.containers().status(deaf).exitCode());
        engine.containers().stop(deaf, Duration.ofMillis(300), soon());
    }

    @Test
    void laterStopWithLessGraceShortensTheFirst() throws Exception {
        var pod = engine.pods().run(pod("shorten"), soon());
        var deaf = run(pod, "deaf", "trap '' TERM; while true; do sleep 0.1; done");
        var first = Thread.ofVirtual().start(() -> engine.containers().stop(deaf, Duration.ofMinutes(10), soon()));
        Thread.sleep(300);
        assertTrue(first.isAlive());
        engine.containers().stop(deaf, Duration.ofMillis(100), soon());
        first.join();
        assertEquals(137, engine.containers().status(deaf).exitCode());
    }

    @Test
    void createdContainerIsStoppedWithoutEverRunning() {
        var pod = engine.pods().run(pod("never"), soon());
        var container = engine.containers().create(pod, shell("main", "sleep 1000"), soon());
        engine.containers().stop(container, Duration.ofSeconds(10), soon());
        assertEquals(
                ContainerState.EXITED, engine.containers().status(container).state());
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers().start(container, soon()));
    }

    @Test
    @Tag("cgroup")
    void removeKillsWhatRuns() throws Exception {
        var pod = engine.pods().run(pod("remove"), soon());
        var container = run(pod, "main", "trap '' TERM; while true; do sleep 0.1; done");
        engine.containers().remove(container, soon());
        assertTrue(engine.containers().list(Filter.all()).isEmpty());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    @Tag("cgroup")
    void frozenContainerAndOneWithoutMonitorCanBeStopped() throws Exception {
        var pod = engine.pods().run(pod("sick"), soon());
        var frozen = run(pod, "frozen", "sleep 1000");
        CgroupLayout.detect()
                .cgroup(engine.containers().status(frozen).info().get("cgroup"))
                .freeze(soon());
        engine.containers().stop(frozen, Duration.ofMillis(200), soon());
        assertEquals(137, engine.containers().status(frozen).exitCode());

        var orphan = run(pod, "orphan", "trap '' TERM; while true; do sleep 0.1; done");
        var monitor = Long.parseLong(engine.containers().status(orphan).info().get("monitorPid"));
        var stop = Thread.ofVirtual().start(() -> engine.containers().stop(orphan, Duration.ofMinutes(5), soon()));
        Thread.sleep(200);
        ProcessHandle.of(monitor).orElseThrow().destroyForcibly();
        stop.join();
        assertEquals(ContainerState.EXITED, engine.containers().status(orphan).state());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    @Tag("cgroup")
    void sharedPidNamespaceHasOneInitAndAllEndWithTheContainer() throws Exception {
        var pod = engine.pods().run(pod("shared", new Namespaces(Mode.POD, Mode.POD, Mode.POD, "", null)), soon());
        var config = TestBed.container(
                "main",
                List.of("/bin/sh", "-c", "sleep 1000 & exec sleep 1000"),
                TestBed.security(new Namespaces(Mode.POD, Mode.POD, Mode.POD, "", null)));
        var container = engine.containers().create(pod, config, soon());
        engine.containers().start(container, soon());
        var processes = exec(container, "ps");
        assertTrue(processes.contains("carafe"), processes);
        assertTrue(processes.contains("sleep 1000"), processes);
        engine.containers().stop(container, Duration.ofMillis(100), soon());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void hostNetworkPodHasNoNetworkOfItsOwn() throws Exception {
        var pod =
                engine.pods().run(pod("host", new Namespaces(Mode.NODE, Mode.CONTAINER, Mode.NODE, "", null)), soon());
        assertEquals(List.of(), engine.pods().status(pod).ips());
        assertEquals("", engine.pods().status(pod).netns());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void podWithoutNetworkHasNothingButLoopback() throws Exception {
        var pod = engine.pods()
                .run(pod("none", new Namespaces(Mode.CONTAINER, Mode.CONTAINER, Mode.POD, "", null)), soon());
        assertEquals(List.of(), engine.pods().status(pod).ips());
        var container = run(pod, "main", "sleep 1000");
        var devices = exec(container, "cat", "/proc/net/dev");
        assertTrue(devices.contains("lo:") && !devices.contains("eth0:"), devices);
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    @Tag("cgroup")
    void execRunsInTheContainer() {
        var pod = engine.pods().run(pod("exec"), soon());
        var container = run(pod, "main", "sleep 1000");
        assertEquals("exec\n", exec(container, "hostname"));
        var result = engine.containers()
                .execSync(container, List.of("/bin/sh", "-c", "echo out; echo err >&2; exit 5"), Duration.ZERO, soon());
        assertEquals("out\n", new String(result.stdout(), UTF_8));
        assertEquals("err\n", new String(result.stderr(), UTF_8));
        assertEquals(5, result.exitCode());
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> engine.containers()
                        .execSync(container, List.of("/bin/sleep", "100"), Duration.ofMillis(300), soon()));
    }

    @Test
    void portOfThePodCanBeReached() throws Exception {
        var pod = engine.pods().run(pod("ports"), soon());
        run(pod, "main", "echo hello | nc -l -p 7000");
        String heard = null;
        for (int i = 0; i < 50 && heard == null; i++) {
            try (var channel = engine.pods().portForward(pod, 7000, soon())) {
                heard = new String(channel.socket().getInputStream().readAllBytes(), UTF_8);
            } catch (CarafeException.Unavailable e) {
                Thread.sleep(50); // nc is not there yet
            }
        }
        assertEquals("hello\n", heard);
    }

    @Test
    void eventsTellTheLife() throws Exception {
        try (var events = engine.events().subscribe()) {
            var pod = engine.pods().run(pod("events"), soon());
            var container = run(pod, "main", "true");
            engine.containers().awaitExit(container, soon());
            engine.pods().remove(pod, soon());
            var seen = new ArrayList<String>();
            while (seen.size() < 8) {
                var event = events.next();
                assertEquals(pod, event.pod().id());
                seen.add((event.id().equals(pod) ? "pod " : "container ") + event.kind());
            }
            assertEquals(
                    List.of("pod " + Kind.CREATED, "pod " + Kind.STARTED, "container " + Kind.CREATED),
                    seen.subList(0, 3));
            assertTrue(
                    seen.containsAll(List.of("container " + Kind.STARTED, "container " + Kind.STOPPED)),
                    seen.toString());
            assertEquals("pod " + Kind.DELETED, seen.getLast());
        }
    }

    @Test
    void commandThatIsNotInTheImageIsTheCallersFaultAndLeavesNothing() throws Exception {
        var pod = engine.pods().run(pod("missing"), soon());
        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> engine.containers().create(pod, TestBed.container("main", List.of("/no/such"), null), soon()));
        assertTrue(e.getMessage().contains("stage monitor"), e.getMessage());
        assertTrue(engine.containers().list(Filter.all()).isEmpty());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void containerNeedsAReadyPodAndAnImage() {
        assertThrows(
                CarafeException.NotFound.class, () -> engine.containers().create("0123", shell("main", ""), soon()));
        var pod = engine.pods().run(pod("stopped"), soon());
        engine.pods().stop(pod, soon());
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers().create(pod, shell("main", ""), soon()));
        assertFalse(engine.pods().list(Filter.all()).isEmpty());
    }

    private String run(String pod, String name, String script) {
        var id = engine.containers().create(pod, shell(name, script), soon());
        engine.containers().start(id, soon());
        return id;
    }

    /** A signal before the shell has come to its trap would be one without a handler. */
    private void awaitTrap(String container) {
        while (!exec(container, "ls", "/tmp").contains("set")) {
            Thread.onSpinWait();
        }
    }

    private String exec(String container, String... command) {
        return new String(
                engine.containers()
                        .execSync(container, List.of(command), Duration.ZERO, soon())
                        .stdout(),
                UTF_8);
    }
}
