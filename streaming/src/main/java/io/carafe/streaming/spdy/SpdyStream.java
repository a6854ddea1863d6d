package io.carafe.streaming.spdy;

import io.carafe.streaming.BytePipe;
import io.carafe.streaming.Outlet;
import java.util.Map;

/**
 * A stream that the client has opened. Either half is closed by itself; when both are, the connection forgets the stream.
 */
public final class SpdyStream {

    private final SpdyConnection connection;
    private final int id;
    private final Map<String, String> headers;
    private final BytePipe input;
    private final Outlet output;

    /** Touched by the event loop only. */
    boolean inputEnded;

    boolean outputEnded;

    SpdyStream(SpdyConnection connection, int id, Map<String, String> headers, BytePipe input, Outlet output) {
        this.connection = connection;
        this.id = id;
        this.headers = headers;
        this.input = input;
        this.output = output;
    }

    public int id() {
        return id;
    }

    /** Of the SYN_STREAM; null if it did not have this one. */
    public String header(String name) {
        return headers.get(name);
    }

    /** What the client sends; ends when it closes its half, fails when it resets the stream or goes away. */
    public BytePipe input() {
        return input;
    }

    /** To the client; closing it closes our half. */
    public Outlet output() {
        return output;
    }

    /** Drops the stream in both directions, telling the client unless both halves are closed already. */
    public void reset() {
        connection.reset(this);
    }
}
