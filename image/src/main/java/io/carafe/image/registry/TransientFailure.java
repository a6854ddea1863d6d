package io.carafe.image.registry;

import java.io.IOException;
import java.time.Duration;

/** A registry's answer after which the same request may succeed: 408, 429 or 5xx. */
final class TransientFailure extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient Duration retryAfter;

    /** @param retryAfter how long the registry asks to wait; null if it does not say */
    TransientFailure(String message, Duration retryAfter) {
        super(message);
        this.retryAfter = retryAfter;
    }

    Duration retryAfter() {
        return retryAfter;
    }
}
