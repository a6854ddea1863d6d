package io.carafe.runtime;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Makes sense of what OCI runtimes print when they fail. The log is JSON, an object a line, and its last error is the
 * one that counts (containerd and Podman read it so); what failed is only told by words, which runc and crun keep stable
 * because so many match them.
 */
public final class RuntimeMessages {

    private static final List<String> GONE = List.of(
            "container not running",
            "container is not running",
            "no such process",
            "process already finished",
            "container does not exist",
            "is not running",
            // runsc
            "loading container: file does not exist",
            "in state stopped",
            // crun, of its own state file
            "/status`: no such file or directory",
            "cannot exec in a stopped container",
            "cannot exec a container that has stopped",
            "cannot exec in a stopped state");

    private static final List<String> WRONG_REQUEST = List.of(
            "executable file not found",
            "error finding executable",
            "exec format error",
            "is a directory: unknown",
            "unable to find user",
            "unable to find group",
            "mkdir /cwd",
            "chdir to cwd");

    private RuntimeMessages() {}

    /** The last error of a JSON log, or of output that such a log was mixed into; else its last line. */
    public static String lastError(String output) {
        var lastError = "";
        var lastLine = "";
        for (var line : output.lines().toList()) {
            if (line.startsWith("{")) {
                lastError = errorIn(line).orElse(lastError);
            } else if (!line.isBlank()) {
                lastLine = line.strip();
            }
        }
        return lastError.isEmpty() ? lastLine : lastError;
    }

    /** The last error in a log file; empty if it has none or is not there. */
    public static String lastError(Path log) {
        try {
            return lastError(LogTail.read(log));
        } catch (IOException e) {
            return "";
        }
    }

    /** Whether the words mean that the container, or its process, is not there any more. */
    public static boolean meansGone(String message) {
        return mentions(message, GONE);
    }

    /**
     * The error for a failed action.
     *
     * @param action what was tried: {@code "runc start 4f1c…"}
     */
    public static CarafeException failure(String action, String message) {
        var text = action + ": " + (message.isEmpty() ? "it failed without a word" : message);
        if (meansGone(message)) {
            return new CarafeException.NotFound(text);
        }
        if (mentions(message, WRONG_REQUEST) || namesMissingProgram(message)) {
            return new CarafeException.InvalidArgument(text);
        }
        return new CarafeException.Internal(text);
    }

    /** {@code exec: "/nope": stat /nope: no such file or directory}, {@code failed to load /nope: no such file or directory}. */
    private static boolean namesMissingProgram(String message) {
        var lower = message.toLowerCase(Locale.ROOT);
        return (lower.contains("exec: \"") || lower.contains("executable file") || lower.contains("failed to load "))
                && (lower.contains("no such file or directory")
                        || lower.contains("permission denied")
                        || lower.contains("not a directory")
                        || lower.contains("is a directory"));
    }

    private static boolean mentions(String message, List<String> words) {
        var lower = message.toLowerCase(Locale.ROOT);
        return words.stream().anyMatch(lower::contains);
    }

    private static Optional<String> errorIn(String line) {
        try {
            var entry = Json.tree(line.getBytes(StandardCharsets.UTF_8), "log line");
            var level = entry.path("level").asString("");
            return level.equals("error") || level.equals("fatal")
                    ? Optional.of(entry.path("msg").asString(""))
                    : Optional.empty();
        } catch (CarafeException.InvalidArgument e) {
            return Optional.empty(); // something that only looks like JSON
        }
    }
}
