package io.carafe.base;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** The file of a Unix socket (unix(7)), which stays when the process that listened there dies. */
public final class SocketFile {

    private SocketFile() {}

    /** Whether a process listens there, so that the file must not be taken from it. False also if there is no file. */
    public static boolean isServed(Path socket) {
        try (var probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return probe.isConnected();
        } catch (IOException nobodyListens) {
            return false;
        }
    }
}
