package io.carafe.streaming;

import java.util.List;

/** What a token stands for. */
sealed interface Session {

    /** Exec and attach: one process, with an exit code or none. */
    record Command(String path, ProcessStreams streams, ExecHandler handler) implements Session {}

    /**
     * @param ports that may be forwarded; empty for any, which only SPDY clients can name
     */
    record PortForward(List<Integer> ports, PortForwardHandler handler) implements Session {

        @Override
        public String path() {
            return "portforward";
        }
    }

    /** The first part of the URL's path. */
    String path();
}
