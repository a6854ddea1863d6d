package io.carafe.linux.dbus;

import java.io.IOException;

/** A call that its service refused. */
public final class BusErrorException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String name;

    BusErrorException(String member, String name, String message) {
        super(member + ": " + message + " (" + name + ")");
        this.name = name;
    }

    /** Of the error, such as {@code org.freedesktop.systemd1.NoSuchUnit}. */
    public String name() {
        return name;
    }
}
