package io.carafe.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class BackgroundTest {

    private final List<String> closed = new ArrayList<>();

    @Test
    void opensOnAnotherThread() {
        var part = new Background<>("opening", Thread::currentThread, _ -> {});
        assertNotEquals(Thread.currentThread(), part.get());
        assertEquals("opening", part.get().getName());
    }

    @Test
    void whatTheOpeningThrowsReachesWhoeverAsks() {
        var failure = new CarafeException.FailedPrecondition("in use");
        var part = new Background<String>(
                "opening",
                () -> {
                    throw failure;
                },
                closed::add);
        assertSame(failure, assertThrows(CarafeException.FailedPrecondition.class, part::get));
        part.close();
        assertEquals(List.of(), closed);
    }

    @Test
    void closingWaitsForThePartAndClosesIt() throws InterruptedException {
        var go = new CountDownLatch(1);
        var part = new Background<>(
                "opening",
                () -> {
                    awaitUninterruptibly(go);
                    return "part";
                },
                closed::add);
        var closing = Thread.ofPlatform().start(part::close);
        go.countDown();
        closing.join();
        assertEquals(List.of("part"), closed);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
