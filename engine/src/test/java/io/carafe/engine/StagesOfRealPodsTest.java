package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.Filter;
import io.carafe.engine.stage.FaultPoints;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Retries, cancels and failures at each stage, on real namespaces, plugins and containers (guarantees 1 and 9). */
@Tag("root")
@Timeout(180)
class StagesOfRealPodsTest {

    private static final List<String> POD_STAGES = List.of("cgroup", "namespaces", "network", "files");
    private static final List<String> CONTAINER_STAGES = List.of("image", "snapshot", "spec", "monitor");

    private volatile FaultPoints faults = FaultPoints.NONE;
    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed().withFaults(point -> faults.reached(point));
        engine = bed.open();
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    private static Stream<String> points(String operation, List<String> stages) {
        return stages.stream().flatMap(stage -> Stream.of(operation + ":" + stage + ":begun", operation + ":" + stage));
    }

    @Test
    void manyCallersOfOneNameGetOnePod() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls = IntStream.range(0, 20)
                    .mapToObj(_ -> threads.submit(() -> engine.pods().run(pod("web"), soon())))
                    .toList();
            var ids = new HashSet<String>();
            for (var call : calls) {
                ids.add(call.get());
            }
            assertEquals(1, ids.size());
            assertEquals(1, engine.pods().list(Filter.all()).size());
        }
    }

    @Test
    void retryOfATimedOutRunJoinsIt() throws Exception {
        var gate = new CountDownLatch(1);
        faults = point -> {
            if (point.equals("run:network:begun")) {
                gate.await();
            }
        };
        var e = assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> engine.pods().run(pod("web"), Deadline.after(Duration.ofMillis(800))));
        assertTrue(e.getMessage().contains("stage network"), e.getMessage());

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var retry = threads.submit(() -> engine.pods().run(pod("web"), soon()));
            gate.countDown();
            var id = retry.get();
            assertEquals(id, engine.pods().run(pod("web"), soon()));
            assertEquals(1, engine.pods().list(Filter.all()).size());
        }
    }

    @Test
    void cancelAtEachStageLeavesNothingAndFreesTheName() throws Exception {
        for (var point : points("run", POD_STAGES).toList()) {
            cancelAt(point, () -> engine.pods().run(pod("web"), soon()));
            assertEquals(List.of(), bed.leftovers(), point);
        }
        var id = engine.pods().run(pod("web"), soon());
        var before = bed.leftovers();
        for (var point : points("create", CONTAINER_STAGES).toList()) {
            cancelAt(point, () -> engine.containers().create(id, shell("main", "sleep 100"), soon()));
            assertEquals(before, bed.leftovers(), point);
        }
        engine.containers().create(id, shell("main", "sleep 100"), soon());
    }

    /** Interrupts the caller when the engine has come to {@code point}, and waits until it has undone what it did. */
    private void cancelAt(String point, Runnable call) throws InterruptedException {
        var reached = new CountDownLatch(1);
        var undone = new CountDownLatch(1);
        faults = at -> {
            if (at.equals(point)) {
                reached.countDown();
                Thread.sleep(60_000);
            }
        };
        var caller = Thread.ofVirtual().start(() -> {
            assertThrows(CarafeException.Cancelled.class, call::run);
            undone.countDown();
        });
        reached.await();
        caller.interrupt();
        undone.await();
        faults = FaultPoints.NONE;
        awaitNoOperation(point);
    }

    /** A call of the same name waits until the cancelled one is undone; here it is made to fail at once. */
    private void awaitNoOperation(String point) {
        faults = at -> {
            if (at.equals("run:cgroup:begun") || at.equals("create:image:begun")) {
                throw new CarafeException.Unavailable("not now");
            }
        };
        if (point.startsWith("run")) {
            assertThrows(CarafeException.Unavailable.class, () -> engine.pods().run(pod("web"), soon()));
        } else {
            var pod = engine.pods().list(Filter.all()).getFirst().id();
            assertThrows(
                    CarafeException.Unavailable.class,
                    () -> engine.containers().create(pod, shell("main", "sleep 100"), soon()));
        }
        faults = FaultPoints.NONE;
    }

    @Test
    void failureAtEachStageLeavesNothingAndSaysWhere() throws Exception {
        for (var point : points("run", POD_STAGES).toList()) {
            failAt(point);
            var e = assertThrows(
                    CarafeException.ResourceExhausted.class, () -> engine.pods().run(pod("web"), soon()));
            assertTrue(e.getMessage().contains("stage " + point.split(":")[1]), e.getMessage());
            assertEquals(List.of(), bed.leftovers(), point);
        }
        faults = FaultPoints.NONE;
        var id = engine.pods().run(pod("web"), soon());
        var before = bed.leftovers();
        for (var point : points("create", CONTAINER_STAGES).toList()) {
            failAt(point);
            assertThrows(
                    CarafeException.ResourceExhausted.class,
                    () -> engine.containers().create(id, shell("main", "sleep 100"), soon()));
            assertEquals(before, bed.leftovers(), point);
        }
        faults = FaultPoints.NONE;
        engine.containers().create(id, shell("main", "sleep 100"), soon());
    }

    private void failAt(String point) {
        faults = at -> {
            if (at.equals(point)) {
                throw new CarafeException.ResourceExhausted("no more of it");
            }
        };
    }

    @Test
    void failedStartEndsTheContainerAndSaysWhy() {
        var pod = engine.pods().run(pod("web"), soon());
        var container = engine.containers().create(pod, shell("main", "sleep 100"), soon());
        failAt("start:gate");
        assertThrows(
                CarafeException.ResourceExhausted.class,
                () -> engine.containers().start(container, soon()));
        faults = FaultPoints.NONE;
        var status = engine.containers().status(container);
        assertEquals(ContainerState.EXITED, status.state());
        assertEquals("StartError", status.reason());
        assertTrue(status.message().contains("no more of it"), status.message());
    }

    @Test
    void whatCannotBeUndoneAtOnceIsUndoneLaterAndTheNameIsFree() throws Exception {
        Set<String> failed = Collections.synchronizedSet(new HashSet<>());
        faults = point -> {
            var failing = Set.of("run:files", "run:network:undone", "discard:network:undone");
            if (failing.contains(point) && failed.add(point)) {
                throw new CarafeException.Unavailable("not now");
            }
        };
        assertThrows(CarafeException.Unavailable.class, () -> engine.pods().run(pod("web"), soon()));
        var second = engine.pods().run(pod("web"), soon());
        engine.pods().remove(second, soon());
        for (int i = 0; i < 100 && !bed.leftovers().isEmpty(); i++) {
            Thread.sleep(100);
        }
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void removingAPodTakesBackContainersInTheMaking() throws Exception {
        var pod = engine.pods().run(pod("web"), soon());
        var reached = new CountDownLatch(1);
        faults = point -> {
            if (point.equals("create:spec")) {
                reached.countDown();
                Thread.sleep(60_000);
            }
        };
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var create = threads.submit(() -> engine.containers().create(pod, shell("main", "sleep 100"), soon()));
            reached.await();
            engine.pods().remove(pod, soon());
            assertThrows(ExecutionException.class, create::get);
        }
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void nameOfARemovedPodMakesANewOne() {
        var first = engine.pods().run(pod("web"), soon());
        engine.pods().stop(first, soon());
        assertThrows(CarafeException.AlreadyExists.class, () -> engine.pods().run(pod("web"), soon()));
        engine.pods().remove(first, soon());
        assertNotEquals(first, engine.pods().run(pod("web"), soon()));
    }
}
