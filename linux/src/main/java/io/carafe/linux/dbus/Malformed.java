package io.carafe.linux.dbus;

import io.carafe.base.CarafeException;

/** What came from the bus is no message of the protocol. */
final class Malformed {

    private Malformed() {}

    static CarafeException message(String problem) {
        return new CarafeException.Internal("malformed message from the bus: " + problem);
    }
}
