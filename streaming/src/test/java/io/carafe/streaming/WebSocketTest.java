package io.carafe.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.ProcessIo.TerminalSize;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sessions over WebSocket, with the JDK's client. */
@Timeout(60)
class WebSocketTest {

    private static final ProcessStreams ALL = new ProcessStreams(true, true, true, false);

    private StreamingServer server;
    private HttpClient http;

    @BeforeEach
    void start() {
        server = StreamingServer.start(StreamingOptions.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withLimits(Duration.ofMinutes(1), Duration.ofSeconds(2)));
        http = HttpClient.newHttpClient();
    }

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    /** Collects what comes, channel by channel. */
    private static final class Client implements WebSocket.Listener {
        final LinkedBlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
        private final StringBuilder partialText = new StringBuilder();

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            var bytes = new byte[data.remaining()];
            data.get(bytes);
            partial.writeBytes(bytes);
            if (last) {
                messages.add(partial.toByteArray());
                partial.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            partialText.append(data);
            if (last) {
                var text = partialText.toString();
                var content = Base64.getDecoder().decode(text.substring(1));
                messages.add(ByteBuffer.allocate(content.length + 1)
                        .put((byte) (text.charAt(0) - '0'))
                        .put(content)
                        .array());
                partialText.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            closed.complete(status);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.completeExceptionally(error);
        }

        /** The next message of a channel, as text; other channels' messages before it are an error. */
        String next(int channel) throws Exception {
            var message = messages.poll(10, TimeUnit.SECONDS);
            assertTrue(message != null, "no message on channel " + channel);
            assertEquals(channel, message[0], () -> new String(message, UTF_8));
            return new String(message, 1, message.length - 1, UTF_8);
        }
    }

    private WebSocket connect(String url, Client client, String protocol) {
        var builder = http.newWebSocketBuilder();
        if (!protocol.isEmpty()) {
            builder.subprotocols(protocol);
        }
        var socket = builder.buildAsync(URI.create(url.replaceFirst("^http", "ws")), client)
                .join();
        assertEquals(protocol, socket.getSubprotocol());
        return socket;
    }

    private static void send(WebSocket socket, int channel, String content) {
        var bytes = content.getBytes(UTF_8);
        socket.sendBinary(
                        ByteBuffer.allocate(bytes.length + 1)
                                .put((byte) channel)
                                .put(bytes)
                                .flip(),
                        true)
                .join();
    }

    private String catUrl() {
        return server.exec(ALL, io -> {
            io.stdout().write("out:".getBytes(UTF_8));
            io.stdout().write(io.stdin().readAllBytes());
            io.stderr().write("err".getBytes(UTF_8));
            return 5;
        });
    }

    @Test
    void v5EndsInputWithAMessageOfItsOwn() throws Exception {
        var client = new Client();
        var socket = connect(catUrl(), client, "v5.channel.k8s.io");
        assertEquals("", client.next(1));
        assertEquals("out:", client.next(1));
        send(socket, 0, "hello ");
        send(socket, 0, "there");
        socket.sendBinary(ByteBuffer.wrap(new byte[] {(byte) 255, 0}), true).join();
        assertEquals("hello there", client.next(1));
        assertEquals("err", client.next(2));
        var status = client.next(3);
        assertTrue(status.contains("\"reason\":\"ExitCode\",\"message\":\"5\""), status);
        assertEquals(WebSocket.NORMAL_CLOSURE, client.closed.get(10, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @CsvSource({"'', text", "channel.k8s.io, text", "v4.channel.k8s.io, json"})
    void olderVersionsReportTheStatusInTheirOwnWay(String protocol, String status) throws Exception {
        var client = new Client();
        connect(server.exec(new ProcessStreams(false, false, true, false), _ -> 5), client, protocol);
        assertEquals("", client.next(2));
        assertEquals(status.equals("text"), client.next(3).equals("command terminated with exit code 5"));
        assertEquals(WebSocket.NORMAL_CLOSURE, client.closed.get(10, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @CsvSource({"base64.channel.k8s.io", "v4.base64.channel.k8s.io"})
    void base64TravelsAsText(String protocol) throws Exception {
        var client = new Client();
        var url = server.exec(new ProcessStreams(true, true, false, false), io -> {
            io.stdout().write(io.stdin().readNBytes(4));
            return 0;
        });
        var socket = connect(url, client, protocol);
        assertEquals("", client.next(1));
        socket.sendText("0" + Base64.getEncoder().encodeToString("four".getBytes(UTF_8)), true)
                .join();
        assertEquals("four", client.next(1));
        assertEquals(WebSocket.NORMAL_CLOSURE, client.closed.get(10, TimeUnit.SECONDS));
    }

    @Test
    void badBase64EndsTheSession() throws Exception {
        var client = new Client();
        var url = server.exec(new ProcessStreams(true, true, false, false), io -> {
            io.stdin().readAllBytes();
            return 0;
        });
        connect(url, client, "v4.base64.channel.k8s.io").sendText("0***", true).join();
        assertEquals(1007, client.closed.get(10, TimeUnit.SECONDS));
    }

    @Test
    void terminalSizesComeOnChannelFour() throws Exception {
        var size = new CompletableFuture<TerminalSize>();
        var client = new Client();
        var url = server.exec(new ProcessStreams(false, true, false, true), io -> {
            io.onResize(size::complete);
            size.get(10, TimeUnit.SECONDS);
            return 0;
        });
        send(connect(url, client, "v5.channel.k8s.io"), 4, "{\"Width\":120,\"Height\":50}");
        assertEquals(new TerminalSize(120, 50), size.get(10, TimeUnit.SECONDS));
    }

    @Test
    void anUnknownSubprotocolIsRefused() {
        var failure =
                assertThrows(CompletionException.class, () -> connect(catUrl(), new Client(), "v9.channel.k8s.io"));
        assertEquals(
                403,
                ((WebSocketHandshakeException) failure.getCause()).getResponse().statusCode());
    }

    @Test
    void aClientThatGoesAwayInterruptsTheHandler() throws Exception {
        var interrupted = new CompletableFuture<Boolean>();
        var started = new CountDownLatch(1);
        var url = server.attach(ALL, _ -> {
            started.countDown();
            try {
                Thread.sleep(30_000);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
        });
        var socket = connect(url, new Client(), "v5.channel.k8s.io");
        assertTrue(started.await(10, TimeUnit.SECONDS));
        socket.abort();
        assertTrue(interrupted.get(10, TimeUnit.SECONDS));
    }

    @Test
    void aMessageTooLongEndsTheSession() throws Exception {
        var client = new Client();
        var socket = connect(catUrl(), client, "v5.channel.k8s.io");
        var _ = socket.sendBinary(ByteBuffer.allocate(WebSocketChannels.MAX_MESSAGE_BYTES + 1), true);
        assertEquals(1009, client.closed.get(10, TimeUnit.SECONDS));
    }

    @Test
    void portsThatTheSessionNamesAreForwardedOnPairsOfChannels() throws Exception {
        try (var pod = SpdyPortForwardTest.greeting()) {
            var url = server.portForward(List.of(80, 258), port -> {
                if (port != 80) {
                    throw new IOException("refused");
                }
                return SocketChannel.open(pod.getLocalSocketAddress());
            });
            var client = new Client();
            connect(url, client, "v4.channel.k8s.io");
            var byChannel = new String[] {"", "", "", ""};
            while (!client.closed.isDone() || !client.messages.isEmpty()) {
                var message = client.messages.poll(100, TimeUnit.MILLISECONDS);
                if (message != null) {
                    byChannel[message[0]] += new String(message, 1, message.length - 1, UTF_8);
                }
            }
            assertEquals("P\0greetings", byChannel[0]);
            assertEquals("P\0", byChannel[1]);
            assertEquals("\2\1", byChannel[2]);
            assertEquals("\2\1error forwarding port 258: refused", byChannel[3]);
        }
    }

    @Test
    void channelsWithoutNamedPortsAreRefused() {
        var url = server.portForward(List.of(), _ -> null);
        var failure = assertThrows(CompletionException.class, () -> connect(url, new Client(), "v4.channel.k8s.io"));
        assertEquals(
                400,
                ((WebSocketHandshakeException) failure.getCause()).getResponse().statusCode());
    }

    @Test
    void spdyPortForwardGoesThroughATunnel() throws Exception {
        try (ServerSocket pod = SpdyPortForwardTest.echoing()) {
            var url = server.portForward(List.of(), _ -> SocketChannel.open(pod.getLocalSocketAddress()));
            var upgrade = SpdyClient.upgrade(
                    url,
                    "GET",
                    "Connection: Upgrade",
                    "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io");
            assertEquals(101, upgrade.status());
            assertEquals("SPDY/3.1+portforward.k8s.io", upgrade.headers().get("Sec-WebSocket-Protocol"));
            var tunnel = new Tunnel(upgrade.socket());
            try (var client = new SpdyClient(tunnel.input(), tunnel.output(), upgrade.socket())) {
                client.startReading();
                var error = client.open(Map.of("streamtype", "error", "port", "80", "requestid", "0"), true);
                var data = client.open(Map.of("streamtype", "data", "port", "80", "requestid", "0"), false);
                client.send(data, "through", true);
                assertEquals("echo: through", client.awaitText(data));
                assertEquals("", client.awaitText(error));
            }
        }
    }

    /** The bytes of the binary messages, as a stream each way. The JDK's client refuses a subprotocol with a slash. */
    private static final class Tunnel {
        private final Socket socket;
        private final EmbeddedChannel encoder = new EmbeddedChannel(new WebSocket13FrameEncoder(true));
        private final EmbeddedChannel decoder =
                new EmbeddedChannel(new WebSocket13FrameDecoder(false, false, 1024 * 1024));

        Tunnel(Socket socket) {
            this.socket = socket;
        }

        OutputStream output() {
            return new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    write(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void write(byte[] buffer, int offset, int length) throws IOException {
                    // In two messages, because their boundaries mean nothing.
                    var half = length / 2;
                    encoder.writeOutbound(
                            new BinaryWebSocketFrame(Unpooled.copiedBuffer(buffer, offset, half)),
                            new BinaryWebSocketFrame(Unpooled.copiedBuffer(buffer, offset + half, length - half)));
                    for (ByteBuf bytes; (bytes = encoder.readOutbound()) != null; bytes.release()) {
                        socket.getOutputStream().write(ByteBufUtil.getBytes(bytes));
                    }
                }
            };
        }

        InputStream input() {
            return new InputStream() {
                @Override
                public int read() {
                    throw new UnsupportedOperationException();
                }

                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    while (true) {
                        WebSocketFrame frame = decoder.readInbound();
                        if (frame instanceof BinaryWebSocketFrame) {
                            var bytes = ByteBufUtil.getBytes(frame.content());
                            frame.release();
                            System.arraycopy(bytes, 0, buffer, offset, bytes.length);
                            return bytes.length;
                        }
                        var raw = new byte[8192];
                        var n = socket.getInputStream().read(raw);
                        if (n < 0) {
                            return -1;
                        }
                        decoder.writeInbound(Unpooled.copiedBuffer(raw, 0, n));
                    }
                }
            };
        }
    }
}
