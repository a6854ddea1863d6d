package io.carafe.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/** A client as crictl is one, on Netty's SPDY codec: an implementation independent of the one under test. */
final class SpdyClient implements Closeable {

    private final InputStream in;
    private final OutputStream out;
    private final Closeable transport;
    private final EmbeddedChannel encoder = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1, false));
    private final EmbeddedChannel decoder = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1, false));
    private final Map<Integer, ByteArrayOutputStream> received = new ConcurrentHashMap<>();
    private final Set<Integer> replied = new HashSet<>();
    private final Set<Integer> finished = new HashSet<>();
    private final Set<Integer> reset = new HashSet<>();
    private final Set<Integer> pings = new HashSet<>();
    private boolean goAway;
    private boolean closed;
    private int nextStreamId = 1;

    SpdyClient(InputStream in, OutputStream out, Closeable transport) {
        this.in = in;
        this.out = out;
        this.transport = transport;
    }

    /** The answer to an upgrade request, and the socket behind it. */
    record Upgrade(int status, Map<String, String> headers, Socket socket) {}

    static Upgrade upgrade(Socket socket, String url, String method, String... headers) throws IOException {
        var uri = URI.create(url);
        var request =
                new StringBuilder(method + " " + uri.getPath() + " HTTP/1.1\r\nHost: " + uri.getAuthority() + "\r\n");
        for (var header : headers) {
            request.append(header).append("\r\n");
        }
        socket.getOutputStream().write((request + "\r\n").getBytes(StandardCharsets.UTF_8));
        var head = readHead(socket.getInputStream());
        var answer = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        head.stream().skip(1).forEach(line -> {
            var colon = line.indexOf(':');
            answer.merge(line.substring(0, colon), line.substring(colon + 1).strip(), (a, b) -> a + "," + b);
        });
        return new Upgrade(Integer.parseInt(head.getFirst().split(" ", -1)[1]), answer, socket);
    }

    private static List<String> readHead(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
            var b = in.read();
            if (b < 0) {
                throw new IOException("connection closed after \"" + head + "\"");
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.UTF_8).strip().lines().toList();
    }

    static Upgrade upgrade(String url, String method, String... headers) throws IOException {
        var uri = URI.create(url);
        return upgrade(new Socket(uri.getHost(), uri.getPort()), url, method, headers);
    }

    /** Connects as crictl does and reads in the background. */
    static SpdyClient connect(String url, String... protocols) throws IOException {
        return on(upgrade(
                url,
                "POST",
                "Connection: Upgrade",
                "Upgrade: SPDY/3.1",
                "X-Stream-Protocol-Version: " + String.join(", ", protocols)));
    }

    static SpdyClient on(Upgrade upgrade) throws IOException {
        if (upgrade.status() != 101) {
            throw new IOException("status " + upgrade.status());
        }
        var socket = upgrade.socket();
        var client = new SpdyClient(socket.getInputStream(), socket.getOutputStream(), socket);
        client.startReading();
        return client;
    }

    void startReading() {
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        var buffer = new byte[64 * 1024];
        try {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                decoder.writeInbound(Unpooled.copiedBuffer(buffer, 0, n));
                for (Object frame; (frame = decoder.readInbound()) != null; ) {
                    receive(frame);
                }
            }
        } catch (IOException e) {
            // seen as closed
        }
        synchronized (this) {
            closed = true;
            notifyAll();
        }
    }

    private synchronized void receive(Object frame) {
        switch (frame) {
            case SpdyDataFrame data -> {
                received.computeIfAbsent(data.streamId(), _ -> new ByteArrayOutputStream())
                        .writeBytes(ByteBufUtil.getBytes(data.content()));
                data.release();
                if (data.isLast()) {
                    finished.add(data.streamId());
                }
            }
            case SpdySynReplyFrame reply -> replied.add(reply.streamId());
            case SpdyRstStreamFrame rst -> reset.add(rst.streamId());
            case SpdyPingFrame ping -> pings.add(ping.id());
            case SpdyGoAwayFrame _ -> goAway = true;
            default -> throw new IllegalStateException("unexpected " + frame);
        }
        notifyAll();
    }

    synchronized int open(Map<String, String> headers, boolean fin) throws IOException {
        var id = nextStreamId;
        nextStreamId += 2;
        open(id, headers, fin);
        return id;
    }

    synchronized void open(int id, Map<String, String> headers, boolean fin) throws IOException {
        var frame = new DefaultSpdySynStreamFrame(id, 0, (byte) 0, false);
        headers.forEach((name, value) -> frame.headers().add(name, value));
        frame.setLast(fin);
        write(frame);
    }

    int open(String streamType) throws IOException {
        return open(Map.of("streamtype", streamType), false);
    }

    void send(int id, byte[] bytes, boolean fin) throws IOException {
        var frame = new DefaultSpdyDataFrame(id, Unpooled.wrappedBuffer(bytes));
        frame.setLast(fin);
        write(frame);
    }

    void send(int id, String text, boolean fin) throws IOException {
        send(id, text.getBytes(StandardCharsets.UTF_8), fin);
    }

    void ping(int id) throws IOException {
        write(new DefaultSpdyPingFrame(id));
    }

    void resetStream(int id) throws IOException {
        write(new DefaultSpdyRstStreamFrame(id, 5));
    }

    private synchronized void write(SpdyFrame frame) throws IOException {
        encoder.writeOutbound(frame);
        for (ByteBuf bytes; (bytes = encoder.readOutbound()) != null; bytes.release()) {
            out.write(ByteBufUtil.getBytes(bytes));
        }
        out.flush();
    }

    void writeRaw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** Everything of a stream, once the server has closed its half. */
    byte[] awaitEnd(int id) {
        await("end of stream " + id, () -> finished.contains(id));
        var bytes = received.get(id);
        return bytes == null ? new byte[0] : bytes.toByteArray();
    }

    String awaitText(int id) {
        return new String(awaitEnd(id), StandardCharsets.UTF_8);
    }

    String receivedSoFar(int id) {
        var bytes = received.get(id);
        return bytes == null ? "" : bytes.toString(StandardCharsets.UTF_8);
    }

    void awaitReply(int id) {
        await("reply to stream " + id, () -> replied.contains(id));
    }

    void awaitReset(int id) {
        await("reset of stream " + id, () -> reset.contains(id));
    }

    void awaitPing(int id) {
        await("ping " + id, () -> pings.contains(id));
    }

    void awaitGoAway() {
        await("GOAWAY", () -> goAway);
    }

    void awaitClosed() {
        await("close", () -> closed);
    }

    synchronized void await(String what, BooleanSupplier condition) {
        var end = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            var left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("no " + what + " after 20 s");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        transport.close();
    }
}
