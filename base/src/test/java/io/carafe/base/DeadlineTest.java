package io.carafe.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    @Test
    void passedDeadlineHasNothingLeftAndSaysWhatItStopped() {
        var passed = Deadline.after(Duration.ofSeconds(-1));

        assertTrue(passed.expired());
        assertEquals(0, passed.remainingMillis());
        var e = assertThrows(CarafeException.DeadlineExceeded.class, () -> passed.check("pull busybox"));
        assertTrue(e.getMessage().startsWith("pull busybox"), e.getMessage());
    }

    @Test
    void endlessDeadlineFitsTheArithmeticOfItsUsers() {
        assertEquals(Integer.MAX_VALUE, Deadline.none().remainingMillis());
        assertFalse(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE)).expired());
    }

    @Test
    void earlierOfTwoWins() {
        var soon = Deadline.after(Duration.ofSeconds(1));
        assertEquals(soon, Deadline.none().earlierOf(soon));
        assertEquals(soon, soon.earlierOf(Deadline.none()));
    }

    @Test
    void interruptedThreadIsACancelledCaller() {
        Thread.currentThread().interrupt();
        try {
            assertThrows(CarafeException.Cancelled.class, () -> Deadline.none().check("stop pod"));
        } finally {
            assertTrue(Thread.interrupted());
        }
    }
}
