package io.carafe.engine.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.store.Change.Kind;
import io.carafe.engine.store.Durability;
import io.carafe.engine.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagesTest {

    record Thing(String name, List<String> held) {
        Thing with(String what) {
            var more = new ArrayList<>(held);
            more.add(what);
            return new Thing(name, more);
        }

        Thing without(String what) {
            return new Thing(
                    name, held.stream().filter(held -> !held.equals(what)).toList());
        }
    }

    /** Takes nothing, but notes what is done in which order. */
    final class Noting implements Stage<Thing> {
        private final String name;

        Noting(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public UnaryOperator<Thing> apply(Thing record, Deadline deadline) {
            done.add("+" + name);
            return thing -> thing.with(name);
        }

        @Override
        public UnaryOperator<Thing> undo(Thing record, Deadline deadline) throws IOException {
            if (name.equals(undoFails)) {
                throw new IOException("cannot let go");
            }
            done.add("-" + name);
            return thing -> thing.without(name);
        }
    }

    @TempDir
    Path dir;

    private final List<String> done = Collections.synchronizedList(new ArrayList<>());
    private final List<StageTimings.Timing> timings = Collections.synchronizedList(new ArrayList<>());
    private FaultPoints faults = FaultPoints.NONE;
    private String undoFails = "";
    private Store store;
    private Owner<Thing> owner;
    private Stages<Thing> stages;

    @BeforeEach
    void open() {
        store = Store.open(dir.resolve("carafe.db"));
        owner = new Owner<>(Kind.POD, "p1", new Thing("web", List.of()), List.of(), store);
        stages = new Stages<>(
                List.of(new Noting("cgroup"), new Noting("namespaces"), new Noting("network")),
                Duration.ofSeconds(5),
                timings::add,
                point -> faults.reached(point));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static Operation<String> operation(String kind) {
        return new Operation<>(kind, "pod default/web");
    }

    @Test
    void stagesAreAppliedInOrderJournaledAndTimed() {
        stages.apply(operation("run"), owner, Deadline.none());

        assertEquals(List.of("+cgroup", "+namespaces", "+network"), done);
        assertEquals(List.of("cgroup", "namespaces", "network"), owner.record().held());
        assertEquals(Map.of("p1", List.of("cgroup", "namespaces", "network")), store.journal());
        assertEquals(
                List.of("cgroup", "namespaces", "network"),
                timings.stream().map(StageTimings.Timing::stage).toList());
    }

    @Test
    void journalNamesAStageBeforeItTakesAnything() {
        faults = point -> {
            if (point.equals("run:namespaces:begun")) {
                assertEquals(Map.of("p1", List.of("cgroup", "namespaces")), store.journal());
                assertFalse(done.contains("+namespaces"));
            }
        };
        stages.apply(operation("run"), owner, Deadline.none());
    }

    @Test
    void failureUndoesWhatWasBegunInReverseAndSaysWhere() {
        faults = point -> {
            if (point.equals("run:namespaces")) {
                throw new CarafeException.FailedPrecondition("no room");
            }
        };
        var e = assertThrows(
                CarafeException.FailedPrecondition.class, () -> stages.apply(operation("run"), owner, Deadline.none()));

        assertEquals(List.of("+cgroup", "+namespaces", "-namespaces", "-cgroup"), done);
        assertTrue(e.getMessage().startsWith("run pod default/web: stage namespaces, "), e.getMessage());
        assertTrue(e.getMessage().endsWith(" ms: no room"), e.getMessage());
        assertEquals("namespaces", e.details().get("stage"));
        assertTrue(owner.record().held().isEmpty());
        assertTrue(store.journal().isEmpty());
    }

    @Test
    void passedDeadlineUndoesToo() {
        faults = point -> {
            if (point.equals("run:cgroup")) {
                Thread.sleep(50);
            }
        };
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> stages.apply(operation("run"), owner, Deadline.after(Duration.ofMillis(20))));
        assertEquals(List.of("+cgroup", "-cgroup"), done);
    }

    @Test
    void interruptionUndoesInPeace() {
        faults = point -> {
            if (point.equals("run:namespaces:begun")) {
                Thread.currentThread().interrupt();
                Thread.sleep(1000);
            }
            if (point.endsWith(":undone")) {
                Thread.sleep(1); // would throw if the interruption were still pending
            }
        };
        assertThrows(CarafeException.Cancelled.class, () -> stages.apply(operation("run"), owner, Deadline.none()));
        assertEquals(List.of("+cgroup", "-namespaces", "-cgroup"), done);
    }

    @Test
    void whatCannotBeUndoneStaysJournaledAndIsUndoneLater() {
        undoFails = "cgroup";
        faults = point -> {
            if (point.equals("run:network")) {
                throw new IOException("broken");
            }
        };
        var e = assertThrows(
                CarafeException.Internal.class, () -> stages.apply(operation("run"), owner, Deadline.none()));
        assertInstanceOf(CarafeException.class, e.getSuppressed()[0]);
        assertEquals(Map.of("p1", List.of("cgroup")), store.journal());

        undoFails = "";
        stages.undo(operation("recover"), owner);
        assertTrue(store.journal().isEmpty());
    }

    @Test
    void stopUndoesDownToAStageAndRemoveTheRest() {
        stages.apply(operation("run"), owner, Deadline.none());
        done.clear();

        stages.undo(operation("stop"), owner, "namespaces");
        assertEquals(List.of("-network", "-namespaces"), done);
        stages.undo(operation("stop"), owner, "namespaces");
        stages.undo(operation("remove"), owner);
        assertEquals(List.of("-network", "-namespaces", "-cgroup"), done);
    }

    @Test
    void eventDuringAStageIsNotLost() throws InterruptedException {
        var reached = new CountDownLatch(1);
        var noted = new CountDownLatch(1);
        faults = point -> {
            if (point.equals("run:network:begun")) {
                reached.countDown();
                noted.await();
            }
        };
        var run = Thread.ofVirtual().start(() -> stages.apply(operation("run"), owner, Deadline.none()));
        reached.await();
        owner.update(Durability.PROCESS, thing -> thing.with("exit"));
        noted.countDown();
        run.join();
        assertEquals(
                List.of("cgroup", "namespaces", "exit", "network"),
                owner.record().held());
    }
}
