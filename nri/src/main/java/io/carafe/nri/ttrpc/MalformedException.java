package io.carafe.nri.ttrpc;

import java.io.IOException;

/** The other side broke the protocol; there is no way to find the next message, so the socket is closed. */
final class MalformedException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
        super(message);
    }
}
