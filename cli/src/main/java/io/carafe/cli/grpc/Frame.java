package io.carafe.cli.grpc;

import java.nio.ByteBuffer;

/** A frame of HTTP/2 (RFC 9113, section 4). */
record Frame(int type, int flags, int stream, ByteBuffer payload) {

    static final int HEADER_LENGTH = 9;
    /** What either side may send without having been allowed more. */
    static final int LARGEST_PAYLOAD = 16_384;

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;
    static final int PADDED = 8;
    static final int PRIORITY = 32;

    static final int SETTING_HEADER_TABLE_SIZE = 1;
    static final int SETTING_ENABLE_PUSH = 2;
    static final int SETTING_INITIAL_WINDOW = 4;

    static final int DEFAULT_WINDOW = 65_535;
    static final int CANCEL = 8;

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** The payload without padding and priority. */
    ByteBuffer content() {
        var content = payload.duplicate();
        var padding = has(PADDED) ? content.get() & 0xFF : 0;
        if (type == HEADERS && has(PRIORITY)) {
            content.position(content.position() + 5);
        }
        return content.limit(Math.max(content.position(), content.limit() - padding));
    }
}
