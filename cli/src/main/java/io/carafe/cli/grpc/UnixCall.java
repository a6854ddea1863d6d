package io.carafe.cli.grpc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * One call: a stream of {@link UnixChannel}.
 *
 * <p>The listener is called on the executor of the call's options, in order; without one, on a thread of the call's own.
 * {@link #sendMessage} waits until the server has room, so the call is always ready.
 */
final class UnixCall<Q, R> extends ClientCall<Q, R> {

    private static final int LARGEST_MESSAGE = 64 << 20;
    private static final int PREFIX = 5; // one byte for compression, four for the length

    /** The server counts the same deadline and may be first to cancel. */
    private static final int DEADLINE_SLACK_MILLIS = 50;

    private final UnixChannel channel;
    private final MethodDescriptor<Q, R> method;
    private final CallOptions options;
    private final Executor executor;
    private Listener<R> listener;
    private int stream;
    private Thread timer;

    // guarded by this
    private final Queue<byte[]> arrived = new ArrayDeque<>();
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
    private int partialNeeded = PREFIX;
    private long arrivedBytes;
    private int unacknowledged;
    private int requested;
    private Status end;
    private boolean closedTold;

    // guarded by the channel
    private long sendWindow;

    UnixCall(UnixChannel channel, MethodDescriptor<Q, R> method, CallOptions options) {
        this.channel = channel;
        this.method = method;
        this.options = options;
        this.executor = options.getExecutor() != null
                ? options.getExecutor()
                : Executors.newSingleThreadExecutor(
                        Thread.ofVirtual().name("grpc-call").factory());
    }

    @Override
    public void start(Listener<R> responses, Metadata headers) {
        listener = responses;
        var all = new ArrayList<Map.Entry<String, String>>(List.of(
                Map.entry(":method", "POST"),
                Map.entry(":scheme", "http"),
                Map.entry(":path", "/" + method.getFullMethodName()),
                Map.entry(":authority", channel.authority()),
                Map.entry("content-type", "application/grpc"),
                Map.entry("te", "trailers"),
                Map.entry("user-agent", "carafe")));
        var deadline = options.getDeadline();
        if (deadline != null) {
            var millis = Math.max(1, deadline.timeRemaining(TimeUnit.MILLISECONDS));
            all.add(Map.entry("grpc-timeout", Math.min(millis, 99_999_999) + "m"));
            timer = Thread.ofVirtual().name("grpc-deadline").start(() -> expireAfter(millis));
        }
        try {
            channel.begin(this, all);
            tell(listener::onReady);
        } catch (IOException e) {
            finish(Status.UNAVAILABLE.withDescription(e.getMessage()).withCause(e));
        }
    }

    @Override
    public void request(int messages) {
        synchronized (this) {
            requested += messages;
        }
        deliver();
    }

    @Override
    public void sendMessage(Q message) {
        try (var body = method.streamRequest(message)) {
            var bytes = body.readAllBytes();
            var framed = ByteBuffer.allocate(PREFIX + bytes.length);
            framed.put((byte) 0).putInt(bytes.length).put(bytes).flip();
            channel.sendData(this, framed, false);
        } catch (IOException e) {
            finish(Status.UNAVAILABLE.withDescription(e.getMessage()).withCause(e));
        }
    }

    @Override
    public void halfClose() {
        try {
            channel.sendData(this, ByteBuffer.allocate(0), true);
        } catch (IOException e) {
            finish(Status.UNAVAILABLE.withDescription(e.getMessage()).withCause(e));
        }
    }

    @Override
    public void cancel(String message, Throwable cause) {
        reset(Status.CANCELLED.withDescription(message).withCause(cause));
    }

    void opened(int number, int window) {
        stream = number;
        sendWindow = window;
    }

    int stream() {
        return stream;
    }

    synchronized boolean isOpen() {
        return end == null;
    }

    long sendWindow() {
        return sendWindow;
    }

    void addSendWindow(int change) {
        sendWindow += change;
    }

    void onHeaders(List<Map.Entry<String, String>> headers, boolean last) {
        if (!last) {
            tell(() -> listener.onHeaders(new Metadata()));
            return;
        }
        var http = "200";
        Status status = null;
        var message = "";
        for (var header : headers) {
            switch (header.getKey()) {
                case ":status" -> http = header.getValue();
                case "grpc-status" -> status = Status.fromCodeValue(Integer.parseInt(header.getValue()));
                case "grpc-message" -> message = percentDecoded(header.getValue());
                default -> {} // details in binary, which nobody here reads
            }
        }
        if (status == null) {
            status = Status.UNKNOWN.withDescription("answer without a gRPC status, HTTP status " + http);
        }
        finish(message.isEmpty() ? status : status.withDescription(message));
    }

    void onData(Frame frame) throws IOException {
        synchronized (this) {
            var content = frame.content();
            unacknowledged += frame.payload().remaining();
            partial.write(content.array(), content.arrayOffset() + content.position(), content.remaining());
            takeMessages();
        }
        acknowledge();
        deliver();
        if (frame.has(Frame.END_STREAM)) {
            finish(Status.INTERNAL.withDescription("answer without trailers"));
        }
    }

    void onReset(int code) {
        var deadline = options.getDeadline();
        if (code != Frame.CANCEL) {
            finish(Status.UNAVAILABLE.withDescription("the daemon broke the call off (HTTP/2 error " + code + ")"));
        } else if (deadline != null && deadline.timeRemaining(TimeUnit.MILLISECONDS) < DEADLINE_SLACK_MILLIS) {
            finish(Status.DEADLINE_EXCEEDED.withDescription("no answer in time"));
        } else {
            finish(Status.CANCELLED.withDescription("the daemon cancelled the call"));
        }
    }

    /** Ends the call; only the first end counts. What has arrived is delivered before. */
    void finish(Status status) {
        synchronized (this) {
            if (end != null) {
                return;
            }
            end = status;
        }
        channel.forget(stream);
        if (timer != null) {
            timer.interrupt();
        }
        deliver();
    }

    private void reset(Status status) {
        if (!isOpen() || listener == null) {
            return;
        }
        synchronized (this) {
            arrived.clear();
        }
        finish(status);
        if (stream != 0) {
            channel.sendInt(Frame.RST_STREAM, stream, Frame.CANCEL);
        }
    }

    private void expireAfter(long millis) {
        try {
            Thread.sleep(millis);
            reset(Status.DEADLINE_EXCEEDED.withDescription("no answer within " + millis / 1000.0 + " s"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the call has ended in time
        }
    }

    private void takeMessages() throws IOException {
        while (partial.size() >= partialNeeded) {
            var bytes = ByteBuffer.wrap(partial.toByteArray());
            while (bytes.remaining() >= PREFIX) {
                var compression = bytes.get(bytes.position());
                var length = bytes.getInt(bytes.position() + 1);
                if (compression != 0 || length < 0 || length > LARGEST_MESSAGE) {
                    throw new IOException(
                            "message of " + Integer.toUnsignedLong(length) + " bytes, compression " + compression);
                }
                partialNeeded = PREFIX + length;
                if (bytes.remaining() < partialNeeded) {
                    break;
                }
                var message = new byte[length];
                bytes.position(bytes.position() + PREFIX).get(message);
                arrived.add(message);
                arrivedBytes += length;
                partialNeeded = PREFIX;
            }
            partial.reset();
            partial.write(bytes.array(), bytes.position(), bytes.remaining());
        }
    }

    /** Lets the server send more, unless much waits here to be taken. */
    private void acknowledge() {
        int size;
        synchronized (this) {
            if (end != null
                    || unacknowledged < UnixChannel.STREAM_WINDOW / 4
                    || arrivedBytes > UnixChannel.STREAM_WINDOW) {
                return;
            }
            size = unacknowledged;
            unacknowledged = 0;
        }
        channel.sendInt(Frame.WINDOW_UPDATE, stream, size);
    }

    /** Hands on what was asked for, and the end behind the last message. */
    private void deliver() {
        synchronized (this) {
            while (requested > 0 && !arrived.isEmpty()) {
                requested--;
                var message = arrived.remove();
                tell(() -> hand(message));
            }
            if (end != null && arrived.isEmpty() && !closedTold) {
                closedTold = true;
                var status = end;
                tell(() -> {
                    listener.onClose(status, new Metadata());
                    if (executor instanceof ExecutorService own && options.getExecutor() == null) {
                        own.shutdown();
                    }
                });
            }
        }
    }

    private void tell(Runnable news) {
        try {
            executor.execute(news);
        } catch (RejectedExecutionException e) {
            // the caller does not want to know any more
        }
    }

    private void hand(byte[] message) {
        try {
            listener.onMessage(method.parseResponse(new ByteArrayInputStream(message)));
            synchronized (this) {
                arrivedBytes -= message.length;
            }
            acknowledge();
        } catch (RuntimeException e) {
            reset(Status.CANCELLED
                    .withDescription("answer not taken: " + e.getMessage())
                    .withCause(e));
        }
    }

    /** As in the gRPC specification: UTF-8 in which other than printable ASCII is written %XX. */
    private static String percentDecoded(String text) {
        var bytes = new ByteArrayOutputStream();
        for (var i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c == '%'
                    && i + 2 < text.length()
                    && text.substring(i + 1, i + 3).matches("[0-9a-fA-F]{2}")) {
                bytes.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toString(java.nio.charset.StandardCharsets.UTF_8);
    }
}
