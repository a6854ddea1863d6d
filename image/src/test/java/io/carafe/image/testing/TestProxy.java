package io.carafe.image.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP proxy that knows one host, wherever a request wants to go, and wants a password. */
public final class TestProxy implements AutoCloseable {

    private static final String AUTHORIZATION = "Proxy-Authorization: Basic am9lOnNlY3JldA==";

    private static final String REFUSAL = """
            HTTP/1.1 407 Proxy Authentication Required\r
            Proxy-Authenticate: Basic realm="test"\r
            Content-Length: 0\r
            \r
            """;

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final List<String> requests = new CopyOnWriteArrayList<>();

    /** @param target the port on loopback that all requests go to */
    public TestProxy(int target) throws IOException {
        this.target = target;
        Thread.startVirtualThread(this::serve);
    }

    /** For {@code HTTPS_PROXY}, with the right password. */
    public String url() {
        return "http://joe:secret@127.0.0.1:" + server.getLocalPort();
    }

    /** The first line of each request that it let through. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    private void serve() {
        try {
            while (true) {
                var client = server.accept();
                Thread.startVirtualThread(() -> handle(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void handle(Socket client) {
        try (client;
                var origin = new Socket(InetAddress.getLoopbackAddress(), target)) {
            var in = client.getInputStream();
            var head = head(in);
            if (!head.contains(AUTHORIZATION)) {
                client.getOutputStream().write(bytes(REFUSAL));
                return;
            }
            var line = head.substring(0, head.indexOf("\r\n"));
            requests.add(line);
            if (line.startsWith("CONNECT ")) {
                client.getOutputStream().write(bytes("HTTP/1.1 200 Connection established\r\n\r\n"));
            } else {
                // one request a connection: the origin is asked to hang up behind its answer
                origin.getOutputStream().write(bytes(head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")));
            }
            Thread.startVirtualThread(() -> copy(in, origin));
            origin.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException e) {
            // one side hung up
        }
    }

    private static void copy(InputStream from, Socket to) {
        try (OutputStream out = to.getOutputStream()) {
            from.transferTo(out);
        } catch (IOException e) {
            // one side hung up
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0 || head.length() > 16_384) {
                throw new IOException("no request");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
