package io.carafe.cli;

import io.carafe.proto.carafe.v1.LogEntry;
import io.carafe.proto.carafe.v1.LogsRequest;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.function.Supplier;

final class LogsCommand extends DaemonCommand {

    private final Supplier<String> container = words.word("CONTAINER");

    private final Supplier<Boolean> follow = words.flag("go on until the container ends", "-f", "--follow");

    private final Supplier<String> tail = words.text("LINES", "only the last lines", "all", "-n", "--tail");

    private final Supplier<String> since =
            words.text("TIME", "only from this time on: 2026-01-31T12:00:00Z, or ago: 10m", null, "--since");

    private final Supplier<Boolean> timestamps = words.flag("put the time in front of each line", "-t", "--timestamps");

    LogsCommand(Carafe carafe) {
        super(carafe, "logs", "Show what a container printed.");
    }

    @Override
    int run(Connection daemon) {
        var request = LogsRequest.newBuilder()
                .setContainerId(Lookup.in(daemon).container(container.get()).getId())
                .setFollow(follow.get())
                .setTimestamps(timestamps.get());
        if (!tail.get().equals("all")) {
            request.setTail(lines(tail.get()));
        }
        if (since.get() != null) {
            var from = instant(since.get());
            request.setSince(from.getEpochSecond() * 1_000_000_000 + from.getNano());
        }
        var entries = daemon.carafe().logs(request.build());
        while (entries.hasNext()) {
            print(entries.next());
        }
        return 0;
    }

    private void print(LogEntry entry) {
        var stream = entry.getStream() == LogEntry.Stream.STDERR ? System.err : out;
        if (timestamps.get()) {
            stream.print(entry.getTime() + " ");
        }
        var content = entry.getContent().toByteArray();
        stream.write(content, 0, content.length);
        stream.flush();
    }

    private static long lines(String text) {
        if (text.matches("\\d{1,18}")) {
            return Long.parseLong(text);
        }
        throw new Failure("--tail " + text + ": expected a number of lines, or all");
    }

    static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return Instant.now().minus(Units.duration(text));
        }
    }
}
