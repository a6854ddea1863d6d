package io.carafe.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class SpdyPortForwardTest {

    private StreamingServer server;
    private ServerSocket pod;

    @BeforeEach
    void start() throws IOException {
        server = StreamingServer.start(StreamingOptions.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withLimits(Duration.ofMinutes(1), Duration.ofMillis(1500)));
        pod = echoing();
    }

    @AfterEach
    void stop() throws IOException {
        pod.close();
        server.close();
    }

    /** Answers each connection, once its sender has finished, with "echo: " and what was sent. */
    static ServerSocket echoing() throws IOException {
        var socket = new ServerSocket();
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        Thread.ofVirtual().start(() -> {
            while (true) {
                try {
                    var connection = socket.accept();
                    Thread.ofVirtual().start(() -> {
                        try (connection) {
                            var bytes = connection.getInputStream().readAllBytes();
                            connection.getOutputStream().write("echo: ".getBytes(UTF_8));
                            connection.getOutputStream().write(bytes);
                        } catch (IOException e) {
                            // the test sees it
                        }
                    });
                } catch (IOException e) {
                    return;
                }
            }
        });
        return socket;
    }

    /** Says "greetings" to each connection and ends it. */
    static ServerSocket greeting() throws IOException {
        var socket = new ServerSocket();
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().start(() -> {
            while (true) {
                try (var connection = socket.accept()) {
                    connection.getOutputStream().write("greetings".getBytes(UTF_8));
                } catch (IOException e) {
                    return;
                }
            }
        });
        return socket;
    }

    private SocketChannel connect(int port) throws IOException {
        if (port != 80) {
            throw new CarafeException.Unavailable("nothing listens on port " + port);
        }
        return SocketChannel.open(pod.getLocalSocketAddress());
    }

    private SpdyClient client() throws IOException {
        return SpdyClient.connect(server.portForward(List.of(), this::connect), "portforward.k8s.io");
    }

    private static Map<String, String> headers(String type, int port, int request) {
        return Map.of("streamtype", type, "port", Integer.toString(port), "requestid", Integer.toString(request));
    }

    @Test
    void bytesGoBothWaysAndTheEndOfEachIsPassedOn() throws Exception {
        try (var client = client()) {
            var error = client.open(headers("error", 80, 0), true);
            var data = client.open(headers("data", 80, 0), false);
            client.send(data, "ping", true);
            assertEquals("echo: ping", client.awaitText(data));
            assertEquals("", client.awaitText(error));
        }
    }

    @Test
    void oneFailureIsToldAndLeavesTheOtherConnectionsAlone() throws Exception {
        try (var client = client()) {
            var badError = client.open(headers("error", 81, 0), true);
            var bad = client.open(headers("data", 81, 0), false);
            var goodError = client.open(headers("error", 80, 1), true);
            var good = client.open(headers("data", 80, 1), false);
            assertEquals("error forwarding port 81: nothing listens on port 81", client.awaitText(badError));
            client.awaitReset(bad);
            client.send(good, "still here", true);
            assertEquals("echo: still here", client.awaitText(good));
            assertEquals("", client.awaitText(goodError));
        }
    }

    @Test
    void oldClientsWithoutRequestIdsArePairedByOrder() throws Exception {
        try (var client = client()) {
            client.open(Map.of("streamtype", "error", "port", "80"), true);
            var data = client.open(Map.of("streamtype", "data", "port", "80"), false);
            client.send(data, "old", true);
            assertEquals("echo: old", client.awaitText(data));
        }
    }

    @Test
    void streamsWithoutAPortOrAKnownTypeAreRefused() throws Exception {
        try (var client = client()) {
            client.awaitReset(client.open(Map.of("streamtype", "data", "requestid", "1"), false));
            client.awaitReset(client.open(headers("data", 0, 2), false));
            client.awaitReset(client.open(headers("data", 70000, 3), false));
            client.awaitReset(client.open(headers("stdin", 80, 4), false));
        }
    }

    @Test
    void aStreamWhoseOtherHalfDoesNotComeIsReset() throws Exception {
        try (var client = client()) {
            client.awaitReset(client.open(headers("data", 80, 0), false));
        }
    }

    @Test
    void resettingTheDataStreamClosesTheConnectionToThePod() throws Exception {
        var closed = new CountDownLatch(1);
        try (var silent = new ServerSocket(0)) {
            Thread.ofVirtual().start(() -> {
                try (var connection = silent.accept()) {
                    connection.getOutputStream().write('x');
                    connection.getInputStream().readAllBytes();
                    closed.countDown();
                } catch (IOException e) {
                    closed.countDown();
                }
            });
            var url = server.portForward(
                    List.of(),
                    _ -> SocketChannel.open(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), silent.getLocalPort())));
            try (var client = SpdyClient.connect(url, "portforward.k8s.io")) {
                var error = client.open(headers("error", 80, 0), true);
                var data = client.open(headers("data", 80, 0), false);
                client.await("first byte", () -> client.receivedSoFar(data).equals("x"));
                client.resetStream(data);
                client.awaitEnd(error);
                assertTrue(closed.await(5, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void thousandsOfConnectionsShareOneClient() throws Exception {
        try (var client = client()) {
            var streams = new ArrayList<Integer>();
            for (int i = 0; i < 2000; i++) {
                client.open(headers("error", 80, i), true);
                streams.add(client.open(headers("data", 80, i), false));
            }
            for (var data : streams) {
                client.send(data, "n" + data, true);
            }
            for (var data : streams) {
                assertEquals("echo: n" + data, client.awaitText(data));
            }
        }
    }
}
