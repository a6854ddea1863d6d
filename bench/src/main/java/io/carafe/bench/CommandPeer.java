package io.carafe.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A command that runs containers for a person, with the words that make it run one detached, execute in one and remove one.
 * What is measured is the whole command, as a person or a script waits for it.
 */
record CommandPeer(String name, List<String> run, List<String> exec, List<String> remove) {

    /** Reads {@code cli:NAME|RUN|EXEC|REMOVE}; {@code @} in the words stands for the container's name. */
    static CommandPeer parse(String text) {
        var parts = text.substring("cli:".length()).split("\\|");
        if (parts.length != 4) {
            throw new IllegalArgumentException("peer " + text + ": want cli:NAME|RUN|EXEC|REMOVE");
        }
        return new CommandPeer(parts[0], words(parts[1]), words(parts[2]), words(parts[3]));
    }

    private static List<String> words(String text) {
        return List.of(text.trim().split(" +"));
    }

    /** Runs one of the commands to its end and returns the lines that it wrote. */
    static List<String> call(List<String> words, String container) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        words.forEach(word -> command.add(word.replace("@", container)));
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .start();
        List<String> output;
        try (var in = process.inputReader()) {
            output = in.readAllLines();
        }
        if (process.waitFor() != 0) {
            throw new IOException(
                    String.join(" ", command) + " exited " + process.exitValue() + ": " + String.join("\n", output));
        }
        return output;
    }
}
