package io.carafe.engine.log;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Puts the parts of long lines together again, each stream for itself, and hands on what is wanted. A line longer than
 * {@link #LONGEST} goes on in pieces.
 */
final class LogJoiner {

    static final int LONGEST = 256 * 1024;

    private final Instant since;
    private final Consumer<LogEntry> sink;
    private final Map<LogEntry.Stream, ByteArrayOutputStream> open = new EnumMap<>(LogEntry.Stream.class);
    private final Map<LogEntry.Stream, String> times = new EnumMap<>(LogEntry.Stream.class);

    LogJoiner(Instant since, Consumer<LogEntry> sink) {
        this.since = since;
        this.sink = sink;
    }

    void accept(LogLine line) {
        if (since != null && before(line)) {
            return;
        }
        var text = open.computeIfAbsent(line.stream(), _ -> new ByteArrayOutputStream());
        text.writeBytes(line.text());
        times.put(line.stream(), line.time());
        if (!line.partial()) {
            text.write('\n');
        }
        if (!line.partial() || text.size() >= LONGEST) {
            sink.accept(new LogEntry(line.time(), line.stream(), text.toByteArray()));
            text.reset();
        }
    }

    /** Hands on lines whose end never came. */
    void finish() {
        open.forEach((stream, text) -> {
            if (text.size() > 0) {
                sink.accept(new LogEntry(times.get(stream), stream, text.toByteArray()));
                text.reset();
            }
        });
    }

    private boolean before(LogLine line) {
        var instant = line.instant();
        return instant != null && instant.isBefore(since);
    }
}
