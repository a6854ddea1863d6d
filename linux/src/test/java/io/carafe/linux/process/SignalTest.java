package io.carafe.linux.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalTest {

    @ParameterizedTest
    @CsvSource({
        "SIGTERM,15",
        "term,15",
        "15,15",
        "KILL,9",
        "SIGRTMIN,34",
        "SIGRTMIN+3,37",
        "rtmax,64",
        "RTMAX-1,63",
        "SIGSYS,31",
        "SIGIOT,6",
        "SIGPOLL,29",
        "SIGCHLD,17",
        "64,64"
    })
    void readsNamesAndNumbers(String text, int number) {
        assertEquals(number, Signal.parse(text).number());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "SIG", "0", "65", "-1", "999", "SIGNONE", "RTMIN-1", "RTMIN+31", "RTMAX+1", "RTMAX-31", "1x"
            })
    void refusesWhatIsNoSignal(String text) {
        assertThrows(CarafeException.InvalidArgument.class, () -> Signal.parse(text));
    }

    @Test
    void everySignalsNameReadsBackAsItself() {
        for (int number = 1; number <= 64; number++) {
            if (number != 32 && number != 33) {
                assertEquals(number, Signal.parse(new Signal(number).name()).number());
            }
        }
    }
}
