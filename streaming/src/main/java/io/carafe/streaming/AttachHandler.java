package io.carafe.streaming;

import io.carafe.base.ProcessIo;

/** Joins a client to a process that runs already. */
@FunctionalInterface
public interface AttachHandler {

    /**
     * Copies between {@code io} and the process until the process ends or the client detaches. Called once, on a virtual
     * thread of its own, which is interrupted when the client goes away. What it throws is told to the client.
     */
    void attach(ProcessIo io) throws Exception;
}
