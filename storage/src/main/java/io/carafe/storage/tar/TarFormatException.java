package io.carafe.storage.tar;

import java.io.IOException;

/** An archive that is no tar, or one that no honest program writes. The message names the member where one is known. */
public final class TarFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    public TarFormatException(String message) {
        super(message);
    }
}
