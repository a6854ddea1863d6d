package io.carafe.cli.transport;

import io.grpc.Status;
import io.grpc.StatusException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** The client's side of an HTTP/2 connection (RFC 9113) that carries one request and its answer. */
final class Http2Connection implements AutoCloseable {

    /** Is told what comes, on the thread that reads. */
    interface Receiver {

        /** What it takes its time for, the server has to wait for. */
        void data(ByteBuffer bytes) throws StatusException, InterruptedException;

        /** More can be sent than before. */
        void writable();
    }

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int STREAM = 1;

    // settings (6.5.2)
    private static final short HEADER_TABLE_SIZE = 1;
    private static final short ENABLE_PUSH = 2;
    private static final short INITIAL_WINDOW_SIZE = 4;
    private static final int SETTING = 6;

    private static final int FIRST_WINDOW = 65_535; // 6.9.2
    private static final int WINDOW = 1 << 20;
    private static final int LARGEST_HEADERS = 64 << 10;

    private final SocketChannel socket;
    private final DataInputStream in;
    private final Object writing = new Object();

    // guarded by this: what the server takes, on the connection, of the stream, and of a new stream
    private long connectionWindow = FIRST_WINDOW;
    private long streamWindow = FIRST_WINDOW;
    private int firstWindow = FIRST_WINDOW;

    private int owedCredit; // the reader's

    Http2Connection(Path path) throws IOException {
        socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(socket), Frame.LARGEST));
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends the head of the request. */
    void begin(byte[] headers) throws ClosedByInterruptException {
        var settings = ByteBuffer.allocate(3 * SETTING)
                .putShort(HEADER_TABLE_SIZE)
                .putInt(0)
                .putShort(ENABLE_PUSH)
                .putInt(0)
                .putShort(INITIAL_WINDOW_SIZE)
                .putInt(WINDOW)
                .array();
        write(
                ByteBuffer.wrap(PREFACE),
                Frame.bytes(Frame.SETTINGS, 0, 0, settings),
                Frame.bytes(Frame.WINDOW_UPDATE, 0, 0, number(WINDOW - FIRST_WINDOW)),
                Frame.bytes(Frame.HEADERS, Frame.END_HEADERS, STREAM, headers));
    }

    /** Sends a piece of the request; waits while the server takes no more, and leaves it when the call has ended. */
    void send(byte[] data) throws ClosedByInterruptException, InterruptedException {
        for (var from = 0; from < data.length && socket.isOpen(); ) {
            var to = from + reserve(data.length - from);
            write(Frame.bytes(Frame.DATA, 0, STREAM, Arrays.copyOfRange(data, from, to)));
            from = to;
        }
    }

    private synchronized int reserve(int wanted) throws InterruptedException {
        while (!isWritable() && socket.isOpen()) {
            wait();
        }
        var room = Math.max(0, Math.min(connectionWindow, streamWindow));
        var count = (int) Math.min(room, Math.min(wanted, Frame.LARGEST));
        connectionWindow -= count;
        streamWindow -= count;
        return count;
    }

    synchronized boolean isWritable() {
        return connectionWindow > 0 && streamWindow > 0;
    }

    void endRequest() throws ClosedByInterruptException {
        write(Frame.bytes(Frame.DATA, Frame.END_STREAM, STREAM));
    }

    /** Reads the answer to its end. */
    Status receive(Receiver receiver) throws IOException, StatusException, InterruptedException {
        var status = Status.INTERNAL.withDescription("the answer ended without a status");
        while (true) {
            var frame = Frame.read(in);
            switch (frame.type()) {
                case Frame.DATA -> {
                    receiver.data(frame.content());
                    giveCredit(frame.length());
                }
                case Frame.HEADERS -> status = HeaderBlock.status(headers(frame), status);
                case Frame.RST_STREAM -> {
                    return reset(frame.number());
                }
                case Frame.SETTINGS -> receiveSettings(frame);
                case Frame.PING -> {
                    if (!frame.has(Frame.ACK)) {
                        write(Frame.bytes(Frame.PING, Frame.ACK, 0, frame.copy()));
                    }
                }
                case Frame.GOAWAY -> {
                    if (frame.number() < STREAM) {
                        throw new IOException("the server stops");
                    }
                }
                case Frame.WINDOW_UPDATE -> {
                    widen(frame.stream(), frame.number());
                    receiver.writable();
                }
                default -> {} // types that are not known are passed over (4.1)
            }
            if (frame.endsStream()) {
                return status;
            }
        }
    }

    private void giveCredit(int bytes) throws ClosedByInterruptException {
        owedCredit += bytes;
        if (owedCredit >= WINDOW / 2) {
            write(
                    Frame.bytes(Frame.WINDOW_UPDATE, 0, 0, number(owedCredit)),
                    Frame.bytes(Frame.WINDOW_UPDATE, 0, STREAM, number(owedCredit)));
            owedCredit = 0;
        }
    }

    private byte[] headers(Frame first) throws IOException {
        var block = new ByteArrayOutputStream();
        block.writeBytes(first.copy());
        for (var frame = first; !frame.has(Frame.END_HEADERS); ) {
            frame = Frame.read(in);
            if (frame.type() != Frame.CONTINUATION || block.size() > LARGEST_HEADERS) {
                throw new ProtocolException(
                        "headers that are broken off, or longer than " + LARGEST_HEADERS + " bytes");
            }
            block.writeBytes(frame.copy());
        }
        return block.toByteArray();
    }

    private void receiveSettings(Frame frame) throws IOException {
        if (frame.has(Frame.ACK)) {
            return;
        }
        for (var settings = frame.content(); settings.remaining() >= SETTING; ) {
            var name = settings.getShort();
            var value = settings.getInt();
            if (name == INITIAL_WINDOW_SIZE) {
                widen(STREAM, value - firstWindow);
                firstWindow = value;
            }
        }
        write(Frame.bytes(Frame.SETTINGS, Frame.ACK, 0));
    }

    private synchronized void widen(int stream, int bytes) {
        if (stream == 0) {
            connectionWindow += bytes;
        } else {
            streamWindow += bytes;
        }
        notifyAll();
    }

    /** What the end of a stream by an error code (7) means to gRPC. */
    private static Status reset(int code) {
        var status = switch (code) {
            case 7 -> Status.UNAVAILABLE; // REFUSED_STREAM
            case 8 -> Status.CANCELLED; // CANCEL
            case 11 -> Status.RESOURCE_EXHAUSTED; // ENHANCE_YOUR_CALM
            case 12 -> Status.PERMISSION_DENIED; // INADEQUATE_SECURITY
            default -> Status.INTERNAL;
        };
        return status.withDescription("RST_STREAM with HTTP/2 error code " + code);
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }

    /** A server that takes no more may have answered before: whoever reads learns of that, or of its end. */
    private void write(ByteBuffer... frames) throws ClosedByInterruptException {
        synchronized (writing) {
            try {
                while (frames[frames.length - 1].hasRemaining()) {
                    socket.write(frames);
                }
            } catch (ClosedByInterruptException e) {
                throw e;
            } catch (IOException e) {
                // as said above
            }
        }
    }

    /** Ends the call, whatever it is at. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is of no more use either way
        }
        synchronized (this) {
            notifyAll();
        }
    }
}
