package io.carafe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs of Carafe's own in {@code libexec}, for what needs more classes than the command should load. */
final class Libexec {

    private Libexec() {}

    /**
     * Runs a program with this one's streams.
     *
     * @param does what it is for, if it is not there
     * @return its exit code
     */
    static int become(String name, String does, List<String> words) {
        var launcher = System.getProperty("carafe.launcher", "");
        var program = Path.of(launcher).resolveSibling(name);
        if (launcher.isEmpty() || !Files.isExecutable(program)) {
            throw new Failure("there is no " + program + ", which " + does + "; install carafe whole");
        }
        var line = new ArrayList<>(List.of(program.toString()));
        line.addAll(words);
        try {
            return new ProcessBuilder(line).inheritIO().start().waitFor();
        } catch (IOException e) {
            throw new Failure("run " + program + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("interrupted");
        }
    }
}
