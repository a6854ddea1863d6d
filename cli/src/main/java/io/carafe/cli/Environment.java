package io.carafe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Variables for a process in a container. */
final class Environment {

    private Environment() {}

    /** {@code NAME=VALUE} stays; a mere {@code NAME} takes its value from here, and is left out if it has none. */
    static List<String> resolve(List<String> settings) {
        var resolved = new ArrayList<String>();
        for (var setting : settings) {
            if (setting.startsWith("=") || setting.isEmpty()) {
                throw new Failure("environment variable '" + setting + "': expected NAME=VALUE or NAME");
            }
            if (setting.contains("=")) {
                resolved.add(setting);
            } else if (System.getenv(setting) != null) {
                resolved.add(setting + "=" + System.getenv(setting));
            }
        }
        return resolved;
    }

    /** The settings of a file: one a line, blank lines and those with {@code #} in front left out. */
    static List<String> read(Path file) {
        try (var lines = Files.lines(file)) {
            return lines.map(String::stripLeading)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new Failure("read environment file " + file + ": " + e.getMessage());
        }
    }
}
