package io.carafe.image.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A long line to a server on loopback: answers come late, and after so many bytes of them each connection breaks. */
public final class CuttingLine implements AutoCloseable {

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final long most;
    private final long delayMillis;
    private final AtomicLong carried = new AtomicLong();
    private final AtomicInteger cuts = new AtomicInteger();

    /**
     * @param target the server's port
     * @param most bytes to the client, after which a connection is cut
     * @param delayMillis before an answer begins to come
     */
    public CuttingLine(int target, long most, long delayMillis) throws IOException {
        this.target = target;
        this.most = most;
        this.delayMillis = delayMillis;
        Thread.startVirtualThread(this::serve);
    }

    public String host() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** Bytes that went to the client. */
    public long carried() {
        return carried.get();
    }

    public int cuts() {
        return cuts.get();
    }

    private void serve() {
        try {
            while (true) {
                var client = server.accept();
                Thread.startVirtualThread(() -> join(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void join(Socket client) {
        try (client;
                var origin = new Socket(InetAddress.getLoopbackAddress(), target)) {
            Thread.startVirtualThread(() -> requests(client, origin));
            answers(origin, client);
        } catch (IOException | InterruptedException e) {
            // one side hung up
        }
    }

    private static void requests(Socket client, Socket origin) {
        try {
            client.getInputStream().transferTo(origin.getOutputStream());
            origin.shutdownOutput();
        } catch (IOException e) {
            // one side hung up
        }
    }

    private void answers(Socket origin, Socket client) throws IOException, InterruptedException {
        var buffer = new byte[64 * 1024];
        long left = most;
        while (left > 0) {
            int count = origin.getInputStream().read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                return;
            }
            if (left == most) {
                Thread.sleep(delayMillis);
            }
            client.getOutputStream().write(buffer, 0, count);
            carried.addAndGet(count);
            left -= count;
        }
        cuts.incrementAndGet();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
