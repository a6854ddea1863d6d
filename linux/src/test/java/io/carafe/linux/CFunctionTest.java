package io.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class CFunctionTest {

    @Test
    void anIntResultKeepsItsSign() {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            assertEquals(-7, CFunction.returningInt("atoi").call(errno, Native.string(arena, "-7")));
        }
    }

    @Test
    void aLongResultKeepsAllItsBits() {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var text = Native.string(arena, "-81985529216486896");
            assertEquals(-81985529216486896L, CFunction.returningLong("atol").call(errno, text));
        }
    }

    @Test
    void argumentsBehindAnEllipsisArrive() {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var out = arena.allocate(64);
            var format = Native.string(arena, "%d %ld %s");
            CFunction.returningInt("sprintf")
                    .call(errno, out.address(), format, -3, 1L << 40, Native.string(arena, "six"));
            assertEquals("-3 1099511627776 six", out.getString(0));
        }
    }

    @Test
    void theSixthArgumentArrives() {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var out = arena.allocate(64);
            var format = Native.string(arena, "%d%d%d");
            CFunction.returningInt("snprintf").call(errno, out.address(), 64, format, 4, 5, 6);
            assertEquals("456", out.getString(0));
            assertEquals(0, out.get(JAVA_BYTE, 3));
        }
    }

    @Test
    void errnoIsThatOfTheCall() {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            assertEquals(-1, CFunction.returningInt("close").call(errno, -1));
            assertEquals(9, Native.errno(errno));
        }
    }

    @Test
    void aFunctionThatTheLibraryLacksIsNamed() {
        var error = assertThrows(UnsupportedOperationException.class, () -> CFunction.returningInt("carafe_pours"));
        assertEquals("the C library has no function carafe_pours", error.getMessage());
    }

    @Test
    void aLibraryThatIsNotInstalledHasNoFunctions() {
        assertTrue(CFunction.returningInt("libcarafe-pours.so.1", "pour").isEmpty());
    }
}
