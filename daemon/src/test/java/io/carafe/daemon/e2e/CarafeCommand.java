package io.carafe.daemon.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The {@code carafe} command, as a person runs it.
 *
 * @param socket of the daemon that it asks
 */
record CarafeCommand(Path socket) {

    /** What a command left. */
    record Result(int exitCode, String output, String errors) {

        /** The only line that it printed. */
        String line() {
            return output.strip();
        }
    }

    Result run(String... words) throws IOException {
        var process = start(words);
        process.getOutputStream().close();
        return result(process);
    }

    /** Its standard streams are pipes. */
    Process start(String... words) throws IOException {
        return process(command(words));
    }

    /** Its standard streams are a terminal, in which {@code typed} is typed; what is written to that is all output. */
    Result runInTerminal(String typed, String... words) throws IOException {
        var line = command(words).stream()
                .map(word -> "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
        var process = process(List.of("script", "-q", "-e", "-c", line, "/dev/null"));
        try (var input = process.getOutputStream()) {
            input.write(typed.getBytes(StandardCharsets.UTF_8));
            input.flush();
            return result(process);
        }
    }

    private static Result result(Process process) throws IOException {
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.onExit().join().exitValue(), output, errors);
    }

    private List<String> command(String... words) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var options = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED");
        var command = new ArrayList<String>(List.of(java));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.carafe.cli.Carafe"));
        command.addAll(Stream.of(words).toList());
        return command;
    }

    private Process process(List<String> command) throws IOException {
        var builder = new ProcessBuilder(command);
        builder.environment().put("CARAFE_HOST", socket.toString());
        builder.environment().remove("JAVA_TOOL_OPTIONS"); // the JVM tells of it on standard error
        return builder.start();
    }
}
