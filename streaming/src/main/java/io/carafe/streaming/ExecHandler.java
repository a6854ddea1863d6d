package io.carafe.streaming;

import io.carafe.base.ProcessIo;

/** Runs a command for a client. */
@FunctionalInterface
public interface ExecHandler {

    /**
     * Runs the command on {@code io} to its end. Called once, on a virtual thread of its own, which is interrupted when
     * the client goes away. What it throws is told to the client.
     *
     * @return the exit code; 128 + signal if it was killed
     */
    int exec(ProcessIo io) throws Exception;
}
