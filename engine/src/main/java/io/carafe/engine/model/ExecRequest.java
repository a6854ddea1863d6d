package io.carafe.engine.model;

import java.util.List;

/**
 * A further process in a running container. It has the limits of the container's first process, and, where nothing else
 * is asked for, its environment, working directory and user; whether it has a terminal is what its
 * {@link io.carafe.base.ProcessIo} says.
 *
 * @param command program and arguments, at least the program
 * @param environment {@code NAME=VALUE}, over those of the first process
 * @param workingDirectory empty for that of the first process
 * @param user name or uid, with {@code :group} or {@code :gid} if wanted; empty for that of the first process
 */
public record ExecRequest(List<String> command, List<String> environment, String workingDirectory, String user) {
    public ExecRequest {
        command = List.copyOf(command);
        environment = List.copyOf(environment);
    }

    /** As the first process is. */
    public ExecRequest(List<String> command) {
        this(command, List.of(), "", "");
    }
}
