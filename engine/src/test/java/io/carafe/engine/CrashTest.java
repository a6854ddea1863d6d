package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.PodState;
import io.carafe.engine.stage.FaultPoints;
import io.carafe.linux.process.Executables;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An engine in a process of its own that dies as by kill -9 after each recorded stage; the next one cleans up. */
@Tag("root")
@Timeout(120)
class CrashTest {

    private TestBed bed;

    @BeforeEach
    void make() throws Exception {
        bed = new TestBed();
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    /** Takes one pod with one container, which may be made of a checkpoint, through its whole life. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws IOException {
            var bed = new TestBed(Path.of(arguments[0]), arguments[1]).withFaults(FaultPoints.ofEnvironment());
            var engine = bed.open();
            var pod = engine.pods().run(pod("web"), soon());
            var made = shell("main", "sleep 1000");
            var config = arguments.length > 2 ? TestBed.withImage(made, arguments[2]) : made;
            var container = engine.containers().create(pod, config, soon());
            engine.containers().start(container, soon());
            engine.containers().stop(container, Duration.ZERO, soon());
            engine.pods().stop(pod, soon());
            engine.containers().remove(container, soon());
            engine.pods().remove(pod, soon());
        }
    }

    private void runUntil(String point, String... more) throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var command = new ArrayList<>(List.of(
                java,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Dcarafe.crash-after=" + point,
                "-Dcarafe.launcher=" + System.getProperty("carafe.launcher"),
                "-Dcarafe.test.runtime=" + System.getProperty("carafe.test.runtime", "carafe-oci"),
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                bed.base().toString(),
                bed.tag()));
        command.addAll(List.of(more));
        var child = new ProcessBuilder(command).inheritIO().start();
        if (!child.waitFor(90, TimeUnit.SECONDS)) {
            child.destroyForcibly().waitFor(); // it would hold on to the store
            fail("the child hangs before " + point);
        }
        assertEquals(137, child.exitValue(), "the child never came to " + point);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run:cgroup:begun",
                "run:cgroup",
                "run:namespaces:begun",
                "run:namespaces",
                "run:network:begun",
                "run:network",
                "run:files:begun",
                "run:files",
                "run:sandbox:begun",
                "run:sandbox"
            })
    void podBeingMadeIsUndone(String point) throws Exception {
        runUntil(point);
        var engine = bed.open();
        assertEquals(List.of(), engine.pods().list(Filter.all()));
        assertNothingLeft(point);
        engine.pods().run(pod("web"), soon());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "create:image:begun",
                "create:image",
                "create:snapshot:begun",
                "create:snapshot",
                "create:spec:begun",
                "create:spec",
                "create:monitor:begun",
                "create:monitor"
            })
    void containerBeingMadeIsUndone(String point) throws Exception {
        runUntil(point);
        var engine = bed.open();
        var pod = engine.pods().list(Filter.all()).getFirst();
        assertEquals(PodState.READY, pod.state());
        assertEquals(List.of(), engine.containers().list(Filter.all()));
        var container = engine.containers().create(pod.id(), shell("main", "exit 4"), soon());
        engine.containers().start(container, soon());
        assertEquals(4, engine.containers().awaitExit(container, soon()).exitCode());
        engine.pods().remove(pod.id(), soon());
        assertNothingLeft(point);
    }

    /** Its processes were running from the first moment, and nobody knows what they have done. */
    @ParameterizedTest
    @ValueSource(strings = {"start:gate:begun", "start:gate"})
    void containerBeingRestoredHasFailed(String point) throws Exception {
        assumeTrue(Executables.find("criu").isPresent(), "there is no criu");
        assumeTrue(new ProcessBuilder("criu", "check").start().waitFor() == 0, "criu does not fit this kernel");
        var archive = bed.base().resolve("checkpoint.tar");
        var before = bed.open();
        var first = before.pods().run(pod("first"), soon());
        var checkpointed = before.containers().create(first, shell("main", "sleep 1000"), soon());
        before.containers().start(checkpointed, soon());
        before.containers().checkpoint(checkpointed, archive, soon());
        before.pods().remove(first, soon());
        bed.shut();

        runUntil(point, archive.toString());
        var engine = bed.open();

        var container = engine.containers().list(Filter.all()).getFirst();
        assertEquals(ContainerState.EXITED, container.state());
        assertEquals("Unknown", container.reason());
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers().start(container.id(), soon()));
        engine.pods().remove(container.podId(), soon());
        assertNothingLeft(point);
    }

    @ParameterizedTest
    @ValueSource(strings = {"start:gate:begun", "start:gate"})
    void containerBeingStartedIsCreatedOrRuns(String point) throws Exception {
        runUntil(point);
        var engine = bed.open();
        var container = engine.containers().list(Filter.all()).getFirst();
        assertEquals(point.endsWith("begun") ? ContainerState.CREATED : ContainerState.RUNNING, container.state());
        engine.containers().start(container.id(), soon());
        assertEquals(
                ContainerState.RUNNING,
                engine.containers().status(container.id()).state());
        engine.pods().remove(container.podId(), soon());
        assertNothingLeft(point);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stop:gate:undone",
                "free:monitor:undone",
                "stop:sandbox:undone",
                "stop:files:undone",
                "stop:network:undone",
                "stop:namespaces:undone"
            })
    void stopIsFinished(String point) throws Exception {
        runUntil(point);
        var engine = bed.open();
        var pod = engine.pods().list(Filter.all()).getFirst();
        engine.pods().stop(pod.id(), soon());
        var container = engine.containers().list(Filter.all()).getFirst();
        assertEquals(ContainerState.EXITED, container.state());
        assertEquals(137, container.exitCode());
        engine.pods().remove(pod.id(), soon());
        assertNothingLeft(point);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"remove:spec:undone", "remove:snapshot:undone", "remove:image:undone", "remove:cgroup:undone"})
    void removalIsFinished(String point) throws Exception {
        runUntil(point);
        var engine = bed.open();
        engine.containers()
                .list(Filter.all())
                .forEach(container -> engine.containers().remove(container.id(), soon()));
        engine.pods().list(Filter.all()).forEach(pod -> engine.pods().remove(pod.id(), soon()));
        assertNothingLeft(point);
    }

    /** What is left is being cleaned up while the engine serves. */
    private void assertNothingLeft(String point) throws Exception {
        for (int i = 0; i < 100 && !bed.leftovers().isEmpty(); i++) {
            Thread.sleep(100);
        }
        assertEquals(List.of(), bed.leftovers(), point);
    }

    @Test
    void everyPointOfTheseTestsIsReallyReached() throws Exception {
        var all = new TreeSet<String>();
        bed.withFaults(all::add);
        var engine = bed.open();
        var pod = engine.pods().run(pod("web"), soon());
        var container = engine.containers().create(pod, shell("main", "sleep 1000"), soon());
        engine.containers().start(container, soon());
        engine.containers().stop(container, Duration.ZERO, soon());
        engine.pods().stop(pod, soon());
        engine.containers().remove(container, soon());
        engine.pods().remove(pod, soon());
        assertEquals(2 * 5 + 2 * 4 + 2 + 6 + 4, all.size(), all.toString());
    }
}
