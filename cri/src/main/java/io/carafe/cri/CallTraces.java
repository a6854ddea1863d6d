package io.carafe.cri;

import io.carafe.engine.stage.TraceContext;

/** Learns of calls as parts of traces that their callers may have begun. Must not block. */
public interface CallTraces {

    /**
     * A call has come.
     *
     * @param operation the method's name
     * @param parent the caller's header {@code traceparent}; null if it sent none
     */
    Span begin(String operation, String parent);

    /** A call on its way. */
    interface Span {

        /** What is done for it belongs below this. */
        TraceContext context();

        /** @param code as gRPC names it */
        void end(String code);
    }
}
