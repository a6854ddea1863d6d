package io.carafe.streaming;

import java.nio.channels.SocketChannel;

/** Connects to ports of a pod. */
@FunctionalInterface
public interface PortForwardHandler {

    /**
     * Called for each connection of a client, on a virtual thread of its own, many at a time. What it throws is told to
     * the client and ends this connection only.
     *
     * @param port 1 to 65535
     * @return a connected channel in blocking mode, which the caller closes
     */
    SocketChannel connect(int port) throws Exception;
}
