package io.carafe.engine.model;

import java.util.List;

/**
 * A further process in a running container. It has the environment, user, working directory and limits of the
 * container's first process; whether it has a terminal is what its {@link io.carafe.base.ProcessIo} says.
 *
 * @param command program and arguments, at least the program
 */
public record ExecRequest(List<String> command) {
    public ExecRequest {
        command = List.copyOf(command);
    }
}
