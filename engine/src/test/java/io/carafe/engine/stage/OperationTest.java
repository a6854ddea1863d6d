package io.carafe.engine.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class OperationTest {

    private final OperationQueue queue = new OperationQueue();

    private static Operation<String> operation() {
        return new Operation<>("run", "pod default/web");
    }

    @Test
    void callerWhoseDeadlinePassesLeavesAndARetryGetsTheResult() {
        var gate = new CountDownLatch(1);
        var operation = queue.submit(operation(), self -> {
            self.at("network");
            gate.await();
            return "p1";
        });
        var e = assertThrows(
                CarafeException.DeadlineExceeded.class, () -> operation.await(Deadline.after(Duration.ofMillis(50))));
        assertTrue(e.getMessage().contains("in stage network"), e.getMessage());

        assertTrue(operation.join());
        gate.countDown();
        assertEquals("p1", operation.await(Deadline.none()));
    }

    @Test
    void lastCallerToCancelTakesTheOperationBack() throws InterruptedException {
        var undone = new AtomicBoolean();
        var operation = queue.submit(operation(), self -> {
            try {
                Thread.sleep(60_000);
                return "p1";
            } catch (InterruptedException e) {
                undone.set(true);
                throw e;
            }
        });
        assertTrue(operation.join());
        var first = cancelledCaller(operation);
        first.join();
        assertTrue(operation.join(), "one still waits, so it goes on");

        var second = cancelledCaller(operation);
        var third = cancelledCaller(operation);
        second.join();
        third.join();
        assertFalse(operation.join(), "nobody waits any more");
        operation.awaitEnd(Deadline.none());
        assertTrue(undone.get());
    }

    private static Thread cancelledCaller(Operation<String> operation) {
        var caller = Thread.ofVirtual()
                .start(() -> assertThrows(CarafeException.Cancelled.class, () -> operation.await(Deadline.none())));
        caller.interrupt();
        return caller;
    }

    @Test
    void operationsOfOneQueueKeepTheirOrderAndDoNotOverlap() {
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        var running = new AtomicBoolean();
        Operation<String> last = null;
        for (int i = 0; i < 100; i++) {
            int number = i;
            last = queue.submit(operation(), self -> {
                assertTrue(running.compareAndSet(false, true));
                order.add(number);
                Thread.sleep(0, 100_000);
                running.set(false);
                return "";
            });
        }
        last.await(Deadline.none());
        assertEquals(100, order.size());
        assertEquals(order.stream().sorted().toList(), order);
    }

    @Test
    void operationCancelledWhileQueuedEndsAsCancelled() {
        var gate = new CountDownLatch(1);
        queue.submit(operation(), self -> {
            gate.await();
            return "";
        });
        var queued = queue.submit(operation(), self -> {
            Deadline.none().check("run");
            return "ran";
        });
        queued.cancel();
        gate.countDown();
        queued.awaitEnd(Deadline.none());
        assertFalse(queued.join());
    }

    @Test
    void failureReachesEveryCallerAndTheQueueGoesOn() {
        var failing = queue.submit(operation(), self -> {
            throw new CarafeException.Unavailable("later");
        });
        assertTrue(failing.join());
        assertThrows(CarafeException.Unavailable.class, () -> failing.await(Deadline.none()));
        assertThrows(CarafeException.Unavailable.class, () -> failing.await(Deadline.none()));
        assertEquals("ok", queue.submit(operation(), self -> "ok").await(Deadline.none()));
    }
}
