package io.carafe.cli;

import io.carafe.proto.carafe.v1.LogEntry;
import io.carafe.proto.carafe.v1.LogsRequest;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "logs", description = "Show what a container printed.")
final class LogsCommand extends DaemonCommand {

    @Parameters(paramLabel = "CONTAINER")
    private String container;

    @Option(
            names = {"-f", "--follow"},
            description = "go on until the container ends")
    private boolean follow;

    @Option(
            names = {"-n", "--tail"},
            paramLabel = "LINES",
            defaultValue = "all",
            description = "only the last lines")
    private String tail;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "only from this time on: 2026-01-31T12:00:00Z, or ago: 10m")
    private String since;

    @Option(
            names = {"-t", "--timestamps"},
            description = "put the time in front of each line")
    private boolean timestamps;

    @Override
    int run(Connection daemon) {
        var request = LogsRequest.newBuilder()
                .setContainerId(Lookup.in(daemon).container(container).getId())
                .setFollow(follow)
                .setTimestamps(timestamps);
        if (!tail.equals("all")) {
            request.setTail(lines(tail));
        }
        if (since != null) {
            var from = instant(since);
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
        if (timestamps) {
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
