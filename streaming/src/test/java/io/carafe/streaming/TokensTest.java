package io.carafe.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TokensTest {

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // nanoTime may overflow
    private final Tokens tokens = new Tokens(3, Duration.ofSeconds(60), clock::get);
    private final Session session = new Session.PortForward(List.of(), _ -> null);

    @Test
    void aTokenIsGoodOnce() {
        var token = tokens.issue(session);
        assertEquals(Optional.of(session), tokens.consume("portforward", token));
        assertEquals(Optional.empty(), tokens.consume("portforward", token));
    }

    @Test
    void aWrongGuessLeavesTheTokenGood() {
        var token = tokens.issue(session);
        assertEquals(Optional.empty(), tokens.consume("portforward", token.substring(0, 8) + "x".repeat(24)));
        assertEquals(Optional.empty(), tokens.consume("portforward", ""));
        assertEquals(Optional.empty(), tokens.consume("exec", token));
        assertEquals(Optional.of(session), tokens.consume("portforward", token));
    }

    @Test
    void aTokenDiesWithItsTime() {
        var token = tokens.issue(session);
        clock.addAndGet(Duration.ofSeconds(59).toNanos());
        var younger = tokens.issue(session);
        clock.addAndGet(Duration.ofSeconds(2).toNanos());
        assertEquals(Optional.empty(), tokens.consume("portforward", token));
        assertEquals(Optional.of(session), tokens.consume("portforward", younger));
    }

    @Test
    void tooManyWaitingAreRefusedUntilSomeDie() {
        for (int i = 0; i < 3; i++) {
            tokens.issue(session);
        }
        var error = assertThrows(CarafeException.ResourceExhausted.class, () -> tokens.issue(session));
        assertTrue(error.getMessage().contains("3 sessions"), error.getMessage());
        clock.addAndGet(Duration.ofSeconds(61).toNanos());
        tokens.issue(session);
    }

    @Test
    void tokensAreLongUrlSafeAndNeverTheSame() {
        var seen = new HashSet<String>();
        for (int i = 0; i < 1000; i++) {
            var token = tokens.issue(session);
            assertTrue(token.matches("[A-Za-z0-9_-]{32}"), token);
            assertTrue(seen.add(token));
            tokens.consume("portforward", token);
        }
    }
}
