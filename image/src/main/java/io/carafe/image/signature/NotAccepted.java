package io.carafe.image.signature;

/** Why one signature does not count; another may. */
final class NotAccepted extends Exception {

    private static final long serialVersionUID = 1L;

    NotAccepted(String why) {
        super(why);
    }

    NotAccepted(String why, Throwable cause) {
        super(why, cause);
    }
}
