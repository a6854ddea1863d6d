package io.carafe.engine.log;

/**
 * A line that a container wrote, or a piece of one that is too long to be held.
 *
 * @param time when its end was written: RFC 3339 with nanoseconds, as in the file
 * @param content as written, with its newline; without one for a piece that more follows
 */
@SuppressWarnings("ArrayRecordComponent") // handed on to be written somewhere, compared by nobody
public record LogEntry(String time, Stream stream, byte[] content) {

    public enum Stream {
        STDOUT,
        STDERR
    }
}
