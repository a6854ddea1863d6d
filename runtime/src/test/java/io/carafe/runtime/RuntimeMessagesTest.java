package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeMessagesTest {

    @Test
    void theLastErrorOfTheLogCountsAndNotWhatIsAroundIt() {
        assertEquals("second", RuntimeMessages.lastError("""
                {"level":"error","msg":"first","time":"t"}
                {"level":"warning","msg":"never mind"}
                {"msg":"second","level":"error"}
                {"level":"debug","msg":"bye"}
                second, in other words
                """));
    }

    @Test
    void withoutALogTheLastLineCounts() {
        assertEquals("it broke", RuntimeMessages.lastError("starting\n{not json\nit broke\n\n"));
        assertEquals("", RuntimeMessages.lastError(""));
        assertEquals("", RuntimeMessages.lastError(Path.of("/no/such/log")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "container does not exist",
                "container not running",
                "os: process already finished",
                "error opening file `/run/crun/nope/status`: No such file or directory",
                "kill container: No such process",
                "FetchSpec failed: loading container: file does not exist",
                "executing processes for container: cannot execute in container \"c1\" in state stopped"
            })
    void whatMeansGoneIsNotFound(String message) {
        assertInstanceOf(CarafeException.NotFound.class, RuntimeMessages.failure("kill", message));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "runc create failed: unable to start container process: exec: \"/nope\": stat /nope: no such file or directory",
                "exec: \"nope\": executable file not found in $PATH",
                "executing command \"/nope\" in sandbox: failed to load /nope: no such file or directory",
                "executing command \"nope\" in sandbox: error finding executable \"nope\" in PATH [/bin]: no such file",
                "executable file `nope` not found in $PATH: No such file or directory",
                "unable to start container process: exec: \"/etc\": permission denied"
            })
    void aProgramThatIsNotThereIsTheCallersMistake(String message) {
        assertInstanceOf(CarafeException.InvalidArgument.class, RuntimeMessages.failure("create", message));
    }

    @Test
    void everythingElseIsInternalInTheRuntimesWords() {
        var failure = RuntimeMessages.failure("create c1", "cgroup: no space left on device");
        assertInstanceOf(CarafeException.Internal.class, failure);
        assertTrue(failure.getMessage().contains("no space left"), failure.getMessage());
        assertTrue(RuntimeMessages.failure("create c1", "").getMessage().contains("create c1"));
    }
}
