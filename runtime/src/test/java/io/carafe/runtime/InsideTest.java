package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carafe.oci.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What runsc prints of the inside of a sandbox. */
class InsideTest {

    private static final String TABLE = """
            UID       PID       PPID      PGID      C         TTY       STIME     TIME      CMD
            0         12        0         12        4         ?         09:46     0s        sh
            0         16        12        12        35        ?         09:46     10ms      sleep
            0         17        0         17        42        ?         09:46     10ms      sh
            0         18        17        17        34        ?         09:46     10ms      sleep
            0         19        18        17        34        ?         09:46     10ms      sleep
            """;

    @Test
    void treeOfAProcessIsItAndItsDescendants() {
        var processes = InsideProcesses.parse(TABLE);
        assertEquals(List.of(17, 18, 19), processes.treeOf(17));
        assertEquals(List.of(16), processes.treeOf(16));
        assertEquals(List.of(), processes.treeOf(4711));
    }

    @Test
    void tableThatIsNoneHasNoProcesses() {
        assertEquals(List.of(), InsideProcesses.parse("").treeOf(1));
        assertEquals(List.of(), InsideProcesses.parse("[12,16]\n").treeOf(12));
        assertEquals(List.of(), InsideProcesses.parse("PID PPID\nx 1\n7\n").treeOf(7));
    }

    @Test
    void usageIsReadFromTheEvent() {
        var event = """
                {"type":"stats","id":"c1","data":{"cpu":{"usage":{"total":301358285}},
                 "memory":{"usage":{"limit":0,"usage":4259840}},"pids":{"current":2}}}""";
        assertEquals(
                new InsideUsage(301358285, 4259840, 2),
                InsideUsage.of(Json.tree(event.getBytes(StandardCharsets.UTF_8), "event")));
    }
}
