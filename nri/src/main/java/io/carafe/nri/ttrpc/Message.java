package io.carafe.nri.ttrpc;

import java.nio.ByteBuffer;

/** One message of a connection. */
@SuppressWarnings("ArrayRecordComponent") // handed from one owner to the next, compared by nobody
record Message(int stream, byte type, byte[] data) {

    static final int HEADER = 10;
    static final int LARGEST_DATA = 4 << 20;
    static final byte REQUEST = 1;
    static final byte RESPONSE = 2;

    byte[] bytes() {
        return ByteBuffer.allocate(HEADER + data.length)
                .putInt(data.length)
                .putInt(stream)
                .put(type)
                .put((byte) 0)
                .put(data)
                .array();
    }
}
