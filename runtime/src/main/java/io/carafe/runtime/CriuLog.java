package io.carafe.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What CRIU says of itself: a line each, as {@code (00.564407) Error (criu/files-reg.c:1790): Can't lookup mount=27}. */
public final class CriuLog {

    private static final String ERROR = ") Error (";

    private CriuLog() {}

    /** The first errors of a log, which are the causes; empty if there are none, or no log. */
    public static String reason(Path log) {
        try {
            return reason(LogTail.read(log).lines().toList());
        } catch (IOException e) {
            return "";
        }
    }

    private static String reason(List<String> lines) {
        var errors = lines.stream()
                .filter(line -> line.contains(ERROR))
                .map(line -> line.substring(line.indexOf("): ", line.indexOf(ERROR)) + 3))
                .filter(error -> !error.startsWith("rlimit:")) // it goes on without
                .limit(2)
                .toList();
        return String.join("; ", errors);
    }
}
