package io.carafe.cli;

import java.util.Locale;

/** The exit codes that scripts expect of a command that could not be run, told by the runtime's words as docker does. */
final class RunFailure {

    private RunFailure() {}

    /** @param otherwise the code if the command itself was not to blame */
    static Failure of(Failure failure, int otherwise) {
        if (failure.exitCode() != 1) {
            return failure;
        }
        return new Failure(failure.getMessage(), exitCode(failure.getMessage(), otherwise));
    }

    static int exitCode(String message, int otherwise) {
        var words = message.toLowerCase(Locale.ROOT);
        var aboutExec = words.contains("exec");
        if ((words.contains("executable file") && words.contains("not found"))
                || (aboutExec && words.contains("no such file or directory"))) {
            return Failure.NOT_FOUND;
        }
        if (aboutExec
                && (words.contains("permission denied")
                        || words.contains("is a directory")
                        || words.contains("exec format error"))) {
            return Failure.NOT_EXECUTABLE;
        }
        return otherwise;
    }
}
