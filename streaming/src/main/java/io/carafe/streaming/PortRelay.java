package io.carafe.streaming;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Carries bytes between one forwarded connection of a client and a port of the pod. */
final class PortRelay {

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    private static final int BUFFER_BYTES = 8 * 1024;

    private PortRelay() {}

    /**
     * Connects and copies until both directions have ended. The end of one direction is passed on as a half-close; a
     * failure of the client's side ends both.
     *
     * @param clientEnds whether the client can say that it sends no more; if not, the pod's end is the end
     * @throws Exception if no connection could be made, or the pod broke it
     */
    static void run(
            PortForwardHandler handler, int port, InputStream fromClient, OutputStream toClient, boolean clientEnds)
            throws Exception {
        try (var pod = handler.connect(port)) {
            var upstream = Thread.ofVirtual().name("forward-up").start(() -> copyUp(fromClient, pod));
            try {
                copyDown(pod, toClient);
                toClient.close();
                if (!clientEnds) {
                    fromClient.close();
                }
            } catch (IOException e) {
                if (pod.isOpen()) {
                    fromClient.close();
                    throw e;
                }
                // The other direction has closed the pod's connection because the client is gone.
                return;
            }
            upstream.join();
        }
    }

    private static void copyDown(SocketChannel pod, OutputStream toClient) throws IOException {
        var buffer = ByteBuffer.allocate(BUFFER_BYTES);
        while (pod.read(buffer) >= 0) {
            toClient.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
    }

    private static void copyUp(InputStream fromClient, SocketChannel pod) {
        try {
            var buffer = new byte[BUFFER_BYTES];
            for (int n; (n = read(fromClient, buffer, pod)) >= 0; ) {
                for (var bytes = ByteBuffer.wrap(buffer, 0, n); bytes.hasRemaining(); ) {
                    pod.write(bytes);
                }
            }
            if (pod.isOpen()) {
                pod.shutdownOutput();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, () -> "port-forward: the pod takes no more: " + e.getMessage());
        } finally {
            try {
                fromClient.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.TRACE, "port-forward: close", e);
            }
        }
    }

    /** −1 at the end, and also when the client is gone, in which case nobody is left to carry the answer to. */
    private static int read(InputStream fromClient, byte[] buffer, SocketChannel pod) throws IOException {
        try {
            return fromClient.read(buffer);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, () -> "port-forward: the client is gone: " + e.getMessage());
            pod.close();
            return -1;
        }
    }

    /** What the client is told when {@link #run} throws. */
    static String message(int port, Exception cause) {
        var reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return "error forwarding port " + port + ": " + reason;
    }
}
