package io.carafe.engine.log;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;

/**
 * One line of a CRI log file: {@code TIME stdout|stderr TAGS TEXT}. Of the tags, separated by colons, only the first has a
 * meaning: {@code F} for a full line, {@code P} for a part whose rest follows.
 *
 * @param text without the newline
 */
@SuppressWarnings("ArrayRecordComponent") // lives between two methods
record LogLine(String time, LogEntry.Stream stream, boolean partial, byte[] text) {

    /** No time stamp of RFC 3339 is longer. */
    private static final int LONGEST_TIME = 40;

    /** Reads the line without its newline; null if it does not have the form. */
    static LogLine parse(byte[] line, int length) {
        int first = space(line, 0, Math.min(length, LONGEST_TIME));
        int second = first < 0 ? -1 : space(line, first + 1, length);
        if (second < 0) {
            return null;
        }
        int third = space(line, second + 1, length);
        int tagsEnd = third < 0 ? length : third;
        var stream = stream(line, first + 1, second);
        if (stream == null || tagsEnd == second + 1 || (line[second + 1] != 'F' && line[second + 1] != 'P')) {
            return null;
        }
        return new LogLine(
                new String(line, 0, first, StandardCharsets.US_ASCII),
                stream,
                line[second + 1] == 'P',
                third < 0 ? new byte[0] : Arrays.copyOfRange(line, third + 1, length));
    }

    /** When it was written, or null if the time stamp is none. */
    Instant instant() {
        try {
            return OffsetDateTime.parse(time).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static LogEntry.Stream stream(byte[] line, int from, int to) {
        if (to - from != 6) {
            return null;
        }
        return switch (new String(line, from, 6, StandardCharsets.US_ASCII)) {
            case "stdout" -> LogEntry.Stream.STDOUT;
            case "stderr" -> LogEntry.Stream.STDERR;
            default -> null;
        };
    }

    private static int space(byte[] line, int from, int to) {
        for (int i = from; i < to; i++) {
            if (line[i] == ' ') {
                return i;
            }
        }
        return -1;
    }
}
