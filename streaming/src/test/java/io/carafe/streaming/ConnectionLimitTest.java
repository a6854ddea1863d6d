package io.carafe.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectionLimitTest {

    private StreamingServer server;

    @BeforeEach
    void start() {
        server = StreamingServer.start(StreamingOptions.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withMaxConnections(2));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** An open session, of a port-forward that forwards nothing yet. */
    private SpdyClient session(String url) throws IOException {
        return SpdyClient.connect(url, SpdyPortForward.PROTOCOL);
    }

    private String offer() {
        return server.portForward(List.of(), _ -> {
            throw new IOException("nobody listens");
        });
    }

    @Test
    void aClientTooManyIsToldWhyAndKeepsItsToken() throws Exception {
        var url = offer();
        var first = session(offer());
        try (var _ = session(offer())) {
            try (var socket = connected()) {
                var answer = SpdyClient.upgrade(
                        socket,
                        url,
                        "POST",
                        "Connection: Upgrade",
                        "Upgrade: SPDY/3.1",
                        "X-Stream-Protocol-Version: " + SpdyPortForward.PROTOCOL);
                assertEquals(503, answer.status());
                var text = new String(socket.getInputStream().readAllBytes(), UTF_8);
                assertTrue(text.startsWith("2 clients are connected to the streaming server"), text);
            }
            first.close();
            awaitRoom();
            session(url).close();
        }
    }

    @Test
    void whoComesInCrowdsIsNotEvenAnswered() throws Exception {
        var crowd = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 200; i++) {
                crowd.add(connected());
            }
            while (closed(crowd) < 98) {
                Thread.onSpinWait();
            }
            assertEquals(98, closed(crowd)); // two could have had a session, and a hundred an answer
        } finally {
            for (var socket : crowd) {
                socket.close();
            }
        }
    }

    private static long closed(List<Socket> crowd) {
        return crowd.stream().filter(ConnectionLimitTest::isClosed).count();
    }

    private static boolean isClosed(Socket socket) {
        try {
            socket.setSoTimeout(1);
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private Socket connected() throws IOException {
        var address = URI.create(offer());
        return new Socket(address.getHost(), address.getPort());
    }

    /** The server hears of the end of a connection in its own time. */
    private void awaitRoom() throws Exception {
        while (true) {
            try (var socket = connected()) {
                if (SpdyClient.upgrade(socket, "http://localhost/exec/none", "GET")
                                .status()
                        == 404) {
                    return;
                }
            }
        }
    }
}
