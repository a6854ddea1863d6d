package io.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UnitsTest {

    @ParameterizedTest
    @CsvSource({
        "4096, 4096",
        "128m, 134217728",
        "128M, 134217728",
        "128MiB, 134217728",
        "1.5g, 1610612736",
        "512kb, 524288",
        "0, 0"
    })
    void memoryIsReadAsDockerReadsIt(String text, long bytes) {
        assertEquals(bytes, Units.memory(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "m", "-1", "12x", "1e9", "99999999999t"})
    void wrongMemoryIsRefused(String text) {
        assertThrows(Failure.class, () -> Units.memory(text));
    }

    @ParameterizedTest
    @CsvSource({"90, PT1M30S", "1m30s, PT1M30S", "2h, PT2H", "500ms, PT0.5S", "1.5, PT1.5S", "1d, PT24H", "1d2h, PT26H"
    })
    void durationsAreReadWithAndWithoutUnits(String text, Duration duration) {
        assertEquals(duration, Units.duration(text));
    }

    @Test
    void wrongDurationIsRefused() {
        assertThrows(Failure.class, () -> Units.duration("soon"));
    }

    @ParameterizedTest
    @CsvSource({"0, 0B", "999, 999B", "1000, 1kB", "5320000, 5.32MB", "142000000, 142MB", "1234567890, 1.23GB"})
    void imageSizesAreDecimal(long bytes, String text) {
        assertEquals(text, Units.decimal(bytes));
    }

    @ParameterizedTest
    @CsvSource({"1023, 1023B", "1024, 1KiB", "18035507, 17.2MiB", "104857600, 100MiB"})
    void memorySizesAreBinary(long bytes, String text) {
        assertEquals(text, Units.binary(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "PT0.4S, less than a second",
        "PT1S, 1 second",
        "PT90S, 90 seconds",
        "PT3M, 3 minutes",
        "PT119M, 119 minutes",
        "PT5H, 5 hours",
        "P3D, 3 days",
        "P30D, 4 weeks",
        "P800D, 2 years",
        "PT-5S, less than a second"
    })
    void agesHaveOneUnit(Duration age, String text) {
        assertEquals(text, Units.age(age));
    }
}
