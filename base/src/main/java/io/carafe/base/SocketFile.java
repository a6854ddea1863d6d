package io.carafe.base;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The file of a Unix socket (unix(7)), which stays when the process that listened there dies. */
public final class SocketFile {

    private static final Duration LAST_MOMENTS = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private SocketFile() {}

    /**
     * Whether a process listens there, so that the file must not be taken from it. False also if there is no file.
     *
     * <p>One that was killed while it started another may seem to listen for a moment yet: until that other executes its program,
     * it has the same descriptors. So a socket that is served is looked at for half a second.
     */
    public static boolean isServed(Path socket) {
        long end = System.nanoTime() + LAST_MOMENTS.toNanos();
        while (accepts(socket)) {
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                return true;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        return false;
    }

    private static boolean accepts(Path socket) {
        try (var probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return probe.isConnected();
        } catch (IOException nobodyListens) {
            return false;
        }
    }
}
