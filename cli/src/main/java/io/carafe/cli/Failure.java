package io.carafe.cli;

import java.io.Serial;

/** What ends a command: a message for the person at the keyboard and the exit code for the script. */
final class Failure extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    /** docker run's codes: the daemon failed, the command can't be executed, the command does not exist. */
    static final int DAEMON = 125;

    static final int NOT_EXECUTABLE = 126;
    static final int NOT_FOUND = 127;
    static final int INTERRUPTED = 130;

    private final int exitCode;

    Failure(String message) {
        this(message, 1);
    }

    Failure(String message, int exitCode) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
