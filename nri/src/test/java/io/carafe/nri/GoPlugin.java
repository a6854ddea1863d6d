package io.carafe.nri;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The plugin made with NRI's own library (src/test/go), as a process whose output is read. */
public final class GoPlugin implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final List<String> seen = new ArrayList<>();

    private GoPlugin(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    /** The program; skips the test where it has not been built. */
    public static Path program() {
        var program = Path.of("../build/bin/nri-plugin").toAbsolutePath().normalize();
        assumeTrue(
                Files.isExecutable(program),
                "skipped: build/bin/nri-plugin is not built; scripts/nri-plugin.sh does it");
        return program;
    }

    /** Starts it; {@link #await} its "Synchronize" to know that it is in. */
    public static GoPlugin start(Path socket, String... flags) throws IOException {
        var command = new ArrayList<>(List.of(program().toString(), "-socket", socket.toString()));
        command.addAll(List.of(flags));
        return new GoPlugin(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    /** Reads on until a line is as wanted. */
    public String await(Predicate<String> wanted) throws IOException {
        for (var line = output.readLine(); line != null; line = output.readLine()) {
            seen.add(line);
            if (wanted.test(line)) {
                return line;
            }
        }
        throw new AssertionError("the plugin has ended; it said: " + String.join("\n", seen));
    }

    public String await(String beginning) throws IOException {
        return await(line -> line.startsWith(beginning));
    }

    /** Waits until it has ended by itself. */
    public boolean ends() throws InterruptedException {
        return process.waitFor(20, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
