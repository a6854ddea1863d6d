package io.carafe.cri;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carafe.proto.cri.v1.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignalMessagesTest {

    @ParameterizedTest
    @CsvSource({
        "0, ''",
        "8, SIGHUP",
        "23, SIGTERM",
        "34, SIGXFSZ",
        "35, SIGRTMIN",
        "36, SIGRTMIN+1",
        "50, SIGRTMIN+15",
        "51, SIGRTMIN+16",
        "64, SIGRTMIN+29",
        "65, SIGRTMIN+30"
    })
    void signalsAreKnownByTheirNumbers(int number, String name) {
        assertEquals(name, SignalMessages.name(Signal.forNumber(number)));
        assertEquals(Signal.forNumber(number), SignalMessages.message(name));
    }

    @Test
    void everySignalComesBackAsItself() {
        for (var signal : Signal.values()) {
            if (signal != Signal.UNRECOGNIZED) {
                assertEquals(signal, SignalMessages.message(SignalMessages.name(signal)));
            }
        }
        assertEquals(Signal.SIGNAL_RUNTIME_DEFAULT, SignalMessages.message("SIG32"));
    }
}
