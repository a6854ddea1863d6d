package io.carafe.nri.ttrpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.carafe.nri.ttrpc.wire.Request;
import io.carafe.nri.ttrpc.wire.Response;
import io.carafe.nri.ttrpc.wire.Status;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One side of a plugin's socket: it calls the other side's service and serves its own.
 *
 * <p>One thread reads and one writes; a call waits for neither longer than it was told to. The other side may be hostile:
 * what it can make this side hold is bounded, and a breach of the protocol closes the socket.
 */
public final class Peer implements AutoCloseable {

    /** Who serves which connection. */
    public enum Side {
        RUNTIME(2),
        PLUGIN(1);

        private final int serves;

        Side(int serves) {
            this.serves = serves;
        }

        private int calls() {
            return this == RUNTIME ? PLUGIN.serves : RUNTIME.serves;
        }
    }

    /** What this side serves; calls come on threads of their own. */
    @FunctionalInterface
    public interface Service {
        /** @param method without the service's name */
        byte[] call(String method, byte[] request) throws CallException.Refused;
    }

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");
    private static final String PACKAGE = "nri.pkg.api.v1alpha1.";
    private static final Map<Side, String> SERVICES =
            new EnumMap<>(Map.of(Side.RUNTIME, PACKAGE + "Runtime", Side.PLUGIN, PACKAGE + "Plugin"));
    private static final int MOST_CALLS_SERVED = 16;
    private static final int MOST_MESSAGES_WAITING = 32;

    private record Outgoing(int connection, Message message) {}

    private final String name;
    private final Trunk trunk;
    private final Side side;
    private final Service service;
    private final BlockingQueue<Outgoing> outgoing = new ArrayBlockingQueue<>(MOST_MESSAGES_WAITING);
    private final Map<Integer, CompletableFuture<byte[]>> waiting = new ConcurrentHashMap<>();
    private final AtomicInteger lastStream = new AtomicInteger(-1);
    private final Semaphore serving = new Semaphore(MOST_CALLS_SERVED);
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    private int lastServed;
    private final Thread writer;

    /** @param name for messages and threads */
    public Peer(String name, Trunk trunk, Side side, Service service) {
        this.name = name;
        this.trunk = trunk;
        this.side = side;
        this.service = service;
        this.writer = Thread.ofVirtual().name("nri-write-" + name).unstarted(this::write);
    }

    /** Begins to read and write. */
    public void start() {
        writer.start();
        Thread.ofVirtual().name("nri-read-" + name).start(this::read);
    }

    /** Completes when the socket is closed, with the reason. */
    public CompletableFuture<String> closed() {
        return closed;
    }

    /**
     * Calls the other side.
     *
     * @param method of its service
     * @return the answer's payload
     */
    public byte[] call(String method, byte[] payload, Duration timeout) throws CallException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        var request = Request.newBuilder()
                .setService(SERVICES.get(side == Side.RUNTIME ? Side.PLUGIN : Side.RUNTIME))
                .setMethod(method)
                .setPayload(ByteString.copyFrom(payload))
                .setTimeoutNano(timeout.toNanos())
                .build()
                .toByteArray();
        if (request.length > Message.LARGEST_DATA) {
            throw new CallException.Refused(
                    CallException.Refused.RESOURCE_EXHAUSTED, method + " of " + request.length + " bytes is too long");
        }
        int stream = lastStream.addAndGet(2);
        var answer = new CompletableFuture<byte[]>();
        waiting.put(stream, answer);
        try {
            if (closed.isDone()) {
                throw new CallException.Lost(closed.getNow(""));
            }
            var message = new Message(stream, Message.REQUEST, request);
            if (!outgoing.offer(new Outgoing(side.calls(), message), timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new CallException.TimedOut(timeout.toMillis());
            }
            return payloadOf(answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            throw new CallException.TimedOut(timeout.toMillis());
        } catch (ExecutionException e) {
            throw new CallException.Lost(closed.getNow(""));
        } finally {
            waiting.remove(stream);
        }
    }

    private byte[] payloadOf(byte[] answer) throws CallException {
        try {
            var response = Response.parseFrom(answer);
            if (response.getStatus().getCode() != 0) {
                throw new CallException.Refused(
                        response.getStatus().getCode(), response.getStatus().getMessage());
            }
            return response.getPayload().toByteArray();
        } catch (InvalidProtocolBufferException e) {
            var reason = "a response that is none: " + e.getMessage();
            close(reason);
            throw new CallException.Lost(reason);
        }
    }

    private void write() {
        try {
            var frames = new FrameWriter(trunk.out());
            while (!closed.isDone()) {
                var next = outgoing.take();
                frames.write(next.connection(), next.message().bytes());
            }
        } catch (IOException e) {
            close("write: " + e.getMessage());
        } catch (InterruptedException e) {
            close("closed here");
        }
    }

    private void read() {
        var requests = new MessageAssembler();
        var responses = new MessageAssembler();
        try {
            var frames = new FrameReader(trunk.in());
            while (true) {
                var frame = frames.next();
                if (frame.isEmpty()) {
                    close("the other side closed it");
                    return;
                }
                int connection = frame.get().connection();
                if (connection == side.serves) {
                    for (var message : requests.add(frame.get().bytes())) {
                        served(message);
                    }
                } else if (connection == side.calls()) {
                    responses.add(frame.get().bytes()).forEach(this::answered);
                } else {
                    throw new MalformedException("a frame for connection " + Integer.toUnsignedString(connection)
                            + ": there are only 1 and 2");
                }
            }
        } catch (MalformedException e) {
            close("it breaks the protocol: " + e.getMessage());
        } catch (IOException e) {
            close(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        }
    }

    private void answered(Message message) {
        var answer = message.type() == Message.RESPONSE ? waiting.get(message.stream()) : null;
        if (answer != null) { // else it comes too late, or is of a type of the future
            answer.complete(message.data());
        }
    }

    private void served(Message message) throws MalformedException {
        if (message.type() != Message.REQUEST) {
            return; // a type of the future, or data of a stream, which NRI has none of
        }
        if (message.stream() <= lastServed || message.stream() % 2 == 0) {
            throw new MalformedException("stream " + message.stream() + " after " + lastServed
                    + ": the numbers of requests are odd and grow");
        }
        lastServed = message.stream();
        if (!serving.tryAcquire()) {
            answer(message.stream(), refusal(CallException.Refused.RESOURCE_EXHAUSTED, "too many calls at once"));
            return;
        }
        Thread.ofVirtual().name("nri-serve-" + name).start(() -> {
            try {
                answer(message.stream(), serve(message.data()));
            } finally {
                serving.release();
            }
        });
    }

    private Response serve(byte[] data) {
        try {
            var request = Request.parseFrom(data);
            if (!request.getService().equals(SERVICES.get(side))) {
                return refusal(CallException.Refused.UNIMPLEMENTED, "service " + request.getService());
            }
            var payload = service.call(request.getMethod(), request.getPayload().toByteArray());
            return Response.newBuilder()
                    .setPayload(ByteString.copyFrom(payload))
                    .build();
        } catch (CallException.Refused e) {
            return refusal(e.code(), e.getMessage());
        } catch (InvalidProtocolBufferException e) {
            return refusal(CallException.Refused.INVALID_ARGUMENT, "not a request: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "call of " + name, e);
            return refusal(CallException.Refused.UNKNOWN, String.valueOf(e.getMessage()));
        }
    }

    private static Response refusal(int code, String message) {
        return Response.newBuilder()
                .setStatus(Status.newBuilder().setCode(code).setMessage(message))
                .build();
    }

    /** A side that asks and does not read the answers is not worth waiting for. */
    private void answer(int stream, Response response) {
        var message = new Message(stream, Message.RESPONSE, response.toByteArray());
        if (!outgoing.offer(new Outgoing(side.serves, message))) {
            close("it does not read the answers to its calls");
        }
    }

    /** Closes the socket; calls that wait fail. */
    @Override
    public void close() {
        close("closed here");
    }

    private void close(String reason) {
        if (!closed.complete(reason)) {
            return;
        }
        try {
            trunk.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "close the socket of {0}: {1}", name, e.getMessage());
        }
        writer.interrupt();
        waiting.values().forEach(answer -> answer.completeExceptionally(new IOException(reason)));
    }
}
