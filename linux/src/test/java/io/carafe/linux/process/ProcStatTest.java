package io.carafe.linux.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ProcStatTest {

    @Test
    void aNameWithBlanksAndParenthesesDoesNotShiftTheFields() {
        var stat = ProcStat.parse(
                "42 (a) Z (b) S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 1 18446744073709551615\n");
        assertEquals(new ProcStat(42, "a) Z (b", 'S', 7, 8, 9, 123456), stat);
    }

    @Test
    void theTestsOwnProcessIsKnownAndStable() {
        int self = (int) ProcessHandle.current().pid();
        var first = ProcessRef.of(self).orElseThrow();
        assertTrue(first.alive());
        assertEquals(first, ProcessRef.of(self).orElseThrow());
        assertFalse(new ProcessRef(self, first.startTime() + 1).alive());
    }
}
