package io.carafe.linux.systemd;

import io.carafe.base.Deadline;
import io.carafe.linux.socket.UnixSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a service tells the service manager that started it (sd_notify(3)): a datagram to the socket that
 * {@code NOTIFY_SOCKET} names, a file or, with {@code @} in front, an abstract name.
 *
 * @param socket empty where nobody wants to be told
 */
public record ServiceState(String socket) {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Of this process. */
    public static ServiceState ofEnvironment() {
        var socket = System.getenv("NOTIFY_SOCKET");
        return new ServiceState(socket == null ? "" : socket);
    }

    /** It has started, and serves. */
    public void ready() throws IOException {
        tell("READY=1");
    }

    /** It has begun to stop. */
    public void stopping() throws IOException {
        tell("STOPPING=1");
    }

    private void tell(String state) throws IOException {
        if (socket.isEmpty()) {
            return;
        }
        var message = state.getBytes(StandardCharsets.US_ASCII);
        try (var manager = socket.startsWith("@")
                ? UnixSocket.connectAbstract(socket.substring(1), UnixSocket.Type.DATAGRAM)
                : UnixSocket.connect(Path.of(socket), UnixSocket.Type.DATAGRAM)) {
            manager.writeFully(message, 0, message.length, Deadline.after(PATIENCE));
        }
    }
}
