package io.carafe.cli.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A connection with a gRPC server on a Unix socket. One thread reads and one writes: a caller that is interrupted must not
 * take the socket with it, as NIO would have it.
 */
public final class UnixChannel extends Channel implements AutoCloseable {

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    /** What the server may send of a stream before its messages have been taken. */
    static final int STREAM_WINDOW = 1 << 20;

    private static final int CONNECTION_WINDOW = 16 << 20;

    private final SocketChannel socket;
    /** Frames to be written, bounded by the windows that the server grants. */
    private final BlockingQueue<ByteBuffer[]> output = new LinkedBlockingQueue<>();

    private final Map<Integer, UnixCall<?, ?>> calls = new ConcurrentHashMap<>();
    private int nextStream = 1;
    private long sendWindow = Frame.DEFAULT_WINDOW;
    private int peerStreamWindow = Frame.DEFAULT_WINDOW;
    private Status closed;

    private UnixChannel(SocketChannel socket) {
        this.socket = socket;
    }

    /** @throws IOException if nobody listens there, or it is not for us */
    public static UnixChannel connect(Path path) throws IOException {
        var socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
            var channel = new UnixChannel(socket);
            channel.greet();
            Thread.ofPlatform().daemon().name("grpc-read").start(channel::read);
            Thread.ofPlatform().daemon().name("grpc-write").start(channel::write);
            return channel;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        return new UnixCall<>(this, method, options);
    }

    @Override
    public String authority() {
        return "localhost";
    }

    @Override
    public void close() {
        fail(Status.CANCELLED.withDescription("the connection was closed"));
    }

    /** Gives a call its stream and sends its headers, at once: stream numbers must not go down on the wire. */
    synchronized void begin(UnixCall<?, ?> call, List<Map.Entry<String, String>> headers) throws IOException {
        if (closed != null) {
            throw new IOException(closed.getDescription());
        }
        call.opened(nextStream, peerStreamWindow);
        calls.put(nextStream, call);
        nextStream += 2;
        send(Frame.HEADERS, Frame.END_HEADERS, call.stream(), ByteBuffer.wrap(Hpack.encode(headers)));
    }

    void forget(int stream) {
        calls.remove(stream);
        synchronized (this) {
            notifyAll();
        }
    }

    /** Sends data as the two windows allow; waits for them. Stops quietly when the call is over. */
    void sendData(UnixCall<?, ?> call, ByteBuffer data, boolean last) throws IOException {
        do {
            var size = reserve(call, Math.min(data.remaining(), Frame.LARGEST_PAYLOAD));
            if (size < 0) {
                return;
            }
            var piece = data.slice(data.position(), size);
            data.position(data.position() + size);
            send(Frame.DATA, last && !data.hasRemaining() ? Frame.END_STREAM : 0, call.stream(), piece);
        } while (data.hasRemaining());
    }

    /** Takes up to {@code wanted} bytes, at least one unless it is 0, from both windows; -1 when the call is over. */
    private synchronized int reserve(UnixCall<?, ?> call, int wanted) throws IOException {
        try {
            while (wanted > 0 && call.isOpen() && Math.min(sendWindow, call.sendWindow()) <= 0) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the server takes no more", e);
        }
        if (!call.isOpen()) {
            return -1;
        }
        var size = (int) Math.min(wanted, Math.max(0, Math.min(sendWindow, call.sendWindow())));
        sendWindow -= size;
        call.addSendWindow(-size);
        return size;
    }

    void send(int type, int flags, int stream, ByteBuffer payload) {
        var length = payload.remaining();
        var header = ByteBuffer.allocate(Frame.HEADER_LENGTH);
        header.put((byte) (length >> 16)).putShort((short) length);
        header.put((byte) type).put((byte) flags).putInt(stream).flip();
        output.add(new ByteBuffer[] {header, payload});
    }

    void sendInt(int type, int stream, int value) {
        send(type, 0, stream, ByteBuffer.allocate(4).putInt(value).flip());
    }

    private void greet() {
        output.add(new ByteBuffer[] {ByteBuffer.wrap(PREFACE)});
        var settings = ByteBuffer.allocate(18);
        settings.putShort((short) Frame.SETTING_HEADER_TABLE_SIZE).putInt(0);
        settings.putShort((short) Frame.SETTING_ENABLE_PUSH).putInt(0);
        settings.putShort((short) Frame.SETTING_INITIAL_WINDOW).putInt(STREAM_WINDOW);
        send(Frame.SETTINGS, 0, 0, settings.flip());
        sendInt(Frame.WINDOW_UPDATE, 0, CONNECTION_WINDOW - Frame.DEFAULT_WINDOW);
    }

    private void write() {
        try {
            while (true) {
                var frame = output.take();
                while (frame[frame.length - 1].hasRemaining() || frame[0].hasRemaining()) {
                    socket.write(frame);
                }
            }
        } catch (IOException e) {
            fail(Status.UNAVAILABLE
                    .withDescription("the connection broke: " + e.getMessage())
                    .withCause(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try {
            while (true) {
                handle(readFrame());
            }
        } catch (EOFException e) {
            fail(Status.UNAVAILABLE
                    .withDescription("the daemon closed the connection")
                    .withCause(e));
        } catch (IOException | RuntimeException e) {
            fail(Status.UNAVAILABLE
                    .withDescription("the connection broke: " + e.getMessage())
                    .withCause(e));
        }
    }

    private void handle(Frame frame) throws IOException {
        var call = calls.get(frame.stream());
        switch (frame.type()) {
            case Frame.DATA -> {
                if (frame.payload().hasRemaining()) {
                    sendInt(Frame.WINDOW_UPDATE, 0, frame.payload().remaining());
                }
                if (call != null) {
                    call.onData(frame);
                }
            }
            case Frame.HEADERS -> {
                var block = headerBlock(frame);
                if (call != null) {
                    call.onHeaders(Hpack.decode(block), frame.has(Frame.END_STREAM));
                }
            }
            case Frame.RST_STREAM -> {
                if (call != null) {
                    call.onReset(frame.payload().getInt());
                }
            }
            case Frame.SETTINGS -> {
                if (!frame.has(Frame.ACK)) {
                    applySettings(frame.payload());
                    send(Frame.SETTINGS, Frame.ACK, 0, ByteBuffer.allocate(0));
                }
            }
            case Frame.PING -> {
                if (!frame.has(Frame.ACK)) {
                    send(Frame.PING, Frame.ACK, 0, frame.payload());
                }
            }
            case Frame.GOAWAY -> goAway(frame.payload().getInt());
            case Frame.WINDOW_UPDATE -> widen(call, frame);
            default -> {} // frames of unknown types are to be ignored
        }
    }

    private ByteBuffer headerBlock(Frame first) throws IOException {
        if (first.has(Frame.END_HEADERS)) {
            return first.content();
        }
        var block = ByteBuffer.allocate(1 << 20).put(first.content());
        while (true) {
            var next = readFrame();
            if (next.type() != Frame.CONTINUATION || next.stream() != first.stream()) {
                throw new IOException("frame of type " + next.type() + " inside a header block");
            }
            if (next.payload().remaining() > block.remaining()) {
                throw new IOException("header block of more than " + block.capacity() + " bytes");
            }
            block.put(next.payload());
            if (next.has(Frame.END_HEADERS)) {
                return block.flip();
            }
        }
    }

    private synchronized void applySettings(ByteBuffer settings) {
        while (settings.remaining() >= 6) {
            var id = settings.getShort();
            var value = settings.getInt();
            if (id == Frame.SETTING_INITIAL_WINDOW) {
                var change = value - peerStreamWindow;
                peerStreamWindow = value;
                calls.values().forEach(call -> call.addSendWindow(change));
            }
        }
        notifyAll();
    }

    private synchronized void widen(UnixCall<?, ?> call, Frame frame) {
        var increment = frame.payload().getInt() & Integer.MAX_VALUE;
        if (frame.stream() == 0) {
            sendWindow += increment;
        } else if (call != null) {
            call.addSendWindow(increment);
        }
        notifyAll();
    }

    private void goAway(int lastStream) {
        var status = Status.UNAVAILABLE.withDescription("the daemon is stopping");
        synchronized (this) {
            closed = closed == null ? status : closed;
        }
        calls.forEach((stream, call) -> {
            if (stream > (lastStream & Integer.MAX_VALUE)) {
                call.finish(status);
            }
        });
    }

    private void fail(Status status) {
        synchronized (this) {
            closed = closed == null ? status : closed;
        }
        try {
            socket.close();
        } catch (IOException e) {
            // it is given up anyway
        }
        calls.values().forEach(call -> call.finish(status));
    }

    private Frame readFrame() throws IOException {
        var header = fill(socket, ByteBuffer.allocate(Frame.HEADER_LENGTH));
        var length = (header.get() & 0xFF) << 16 | (header.getShort() & 0xFFFF);
        if (length > Frame.LARGEST_PAYLOAD) {
            throw new IOException("frame of " + length + " bytes, more than was allowed");
        }
        var type = header.get();
        var flags = header.get();
        var stream = header.getInt() & Integer.MAX_VALUE;
        return new Frame(type, flags, stream, fill(socket, ByteBuffer.allocate(length)));
    }

    private static ByteBuffer fill(ReadableByteChannel from, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (from.read(buffer) < 0) {
                throw new EOFException("end of stream");
            }
        }
        return buffer.flip();
    }
}
