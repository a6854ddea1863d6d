package io.carafe.linux.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What {@code /proc/PID/stat} says of a process (proc(5)).
 *
 * @param comm the program's short name, chosen by the process itself: it may hold blanks and parentheses
 * @param state {@code R S D T Z X …}
 * @param session the id of its session, which is the pid of the session's leader
 * @param startTime when it started, in clock ticks since boot; pid and start time together name a process for good
 */
public record ProcStat(int pid, String comm, char state, int ppid, int processGroup, int session, long startTime) {

    /** Reads it, or says that there is no such process. */
    public static Optional<ProcStat> of(int pid) {
        try {
            var text = new String(Files.readAllBytes(Path.of("/proc/" + pid + "/stat")), StandardCharsets.ISO_8859_1);
            return Optional.of(parse(text));
        } catch (IOException e) {
            return Optional.empty(); // ENOENT, or ESRCH if it went away between open and read
        }
    }

    static ProcStat parse(String text) {
        int open = text.indexOf('(');
        int close = text.lastIndexOf(')'); // the name may hold ")", nothing behind it does
        if (open < 1 || close < open) {
            throw new IllegalArgumentException("no process status: " + text);
        }
        var fields = text.substring(close + 2).strip().split(" ");
        // fields[0] is field 3 of the manual
        return new ProcStat(
                Integer.parseInt(text.substring(0, open).strip()),
                text.substring(open + 1, close),
                fields[0].charAt(0),
                Integer.parseInt(fields[1]),
                Integer.parseInt(fields[2]),
                Integer.parseInt(fields[3]),
                Long.parseLong(fields[19]));
    }

    /** Whether it has ended and only waits for its parent to notice. */
    public boolean dead() {
        return state == 'Z' || state == 'X' || state == 'x';
    }
}
