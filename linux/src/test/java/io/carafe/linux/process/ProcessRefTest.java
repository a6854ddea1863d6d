package io.carafe.linux.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ProcessRefTest {

    /** What a record remembers of a process that has ended, and whose pid a stranger has got. */
    private static ProcessRef reused(Child stranger) {
        return new ProcessRef(stranger.pid(), stranger.ref().startTime() - 1);
    }

    @Test
    void strangerThatGotThePidIsNeitherAliveNorSignalledNorOpened() throws IOException {
        try (var stranger = Spawn.of("/bin/sleep", "100").start()) {
            var remembered = reused(stranger);
            assertFalse(remembered.alive());
            assertFalse(remembered.signal(Signal.KILL));
            assertEquals(Optional.empty(), remembered.open());
            assertTrue(ProcessTree.kill(List.of(remembered), Deadline.after(Duration.ofSeconds(5))), "it is gone");
            assertTrue(stranger.ref().alive());
        }
    }

    @Test
    void processItselfIsSignalled() throws IOException {
        try (var own = Spawn.of("/bin/sleep", "100").start()) {
            assertTrue(own.ref().alive());
            assertTrue(own.ref().signal(Signal.KILL));
            assertEquals(
                    137,
                    own.waitFor(Deadline.after(Duration.ofSeconds(10)))
                            .orElseThrow()
                            .asShell());
            assertFalse(own.ref().signal(Signal.KILL));
        }
    }
}
