package io.carafe.cli.transport;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * One call. A thread of its own reads the answer, no faster than the listener asks for messages, and is the only one that
 * tells the listener anything.
 */
final class UnixCall<Q, R> extends ClientCall<Q, R> {

    private final Path socket;
    private final int largestMessage;
    private final MethodDescriptor<Q, R> method;
    private final CallOptions options;
    private final Executor executor;

    private Listener<R> listener;
    private Http2Connection connection;
    private int wanted; // guarded by this
    private Status end; // likewise; why this side ended it

    UnixCall(Path socket, int largestMessage, MethodDescriptor<Q, R> method, CallOptions options) {
        this.socket = socket;
        this.largestMessage = largestMessage;
        this.method = method;
        this.options = options;
        executor = options.getExecutor() != null ? options.getExecutor() : Runnable::run;
    }

    @Override
    public void start(Listener<R> told, Metadata headers) {
        if (!headers.keys().isEmpty()) {
            throw new IllegalArgumentException("metadata is not sent: " + headers.keys());
        }
        listener = told;
        try {
            connection = new Http2Connection(socket);
            connection.begin(HeaderBlock.request("/" + method.getFullMethodName(), timeout()));
        } catch (IOException e) {
            end = unavailable(e);
        }
        Thread.ofPlatform().daemon().name("grpc-call").start(this::readAnswer);
    }

    /** Sets the alarm too: the server may be one that does not answer at all. */
    private String timeout() {
        if (options.getDeadline() == null) {
            return "";
        }
        var millis = Math.max(1, options.getDeadline().timeRemaining(TimeUnit.MILLISECONDS));
        Deadlines.TIMER.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        end(Status.DEADLINE_EXCEEDED.withDescription("no answer in time"));
                    }
                },
                millis);
        return millis + "m";
    }

    @Override
    public synchronized void request(int messages) {
        wanted = (int) Math.min(Integer.MAX_VALUE, (long) wanted + messages);
        notifyAll();
    }

    @Override
    public void sendMessage(Q message) {
        if (isEnded()) {
            return;
        }
        try (var stream = method.streamRequest(message)) {
            connection.send(Message.framed(stream.readAllBytes()));
        } catch (ClosedByInterruptException | InterruptedException e) {
            interrupted(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // of the message, which is in memory
        }
    }

    @Override
    public void halfClose() {
        if (isEnded()) {
            return;
        }
        try {
            connection.endRequest();
        } catch (ClosedByInterruptException e) {
            interrupted(e);
        }
    }

    @Override
    public boolean isReady() {
        return !isEnded() && connection.isWritable();
    }

    @Override
    public void cancel(String message, Throwable cause) {
        end(Status.CANCELLED.withDescription(message).withCause(cause));
    }

    private void interrupted(Exception e) {
        Thread.currentThread().interrupt();
        end(Status.CANCELLED.withDescription("interrupted").withCause(e));
    }

    private synchronized boolean isEnded() {
        return end != null;
    }

    private void end(Status status) {
        synchronized (this) {
            if (end == null) {
                end = status;
            }
            notifyAll();
        }
        if (connection != null) {
            connection.close();
        }
    }

    private void readAnswer() {
        Status status;
        try {
            status = isEnded() ? end : connection.receive(new Messages());
        } catch (StatusException e) {
            status = e.getStatus();
        } catch (IOException e) {
            status = unavailable(e);
        } catch (RuntimeException e) {
            status = Status.CANCELLED
                    .withDescription("the answer could not be read")
                    .withCause(e);
        } catch (InterruptedException e) {
            status = Status.CANCELLED.withDescription("interrupted").withCause(e);
        }
        end(status);
        executor.execute(() -> listener.onClose(end, new Metadata()));
    }

    private static Status unavailable(IOException e) {
        return Status.UNAVAILABLE.withDescription("connection lost").withCause(e);
    }

    private final class Messages implements Http2Connection.Receiver {

        private final Message message = new Message(largestMessage);

        @Override
        public void data(ByteBuffer bytes) throws StatusException, InterruptedException {
            for (var next = message.next(bytes); next != null; next = message.next(bytes)) {
                awaitWanted();
                var response = method.parseResponse(new ByteArrayInputStream(next));
                executor.execute(() -> listener.onMessage(response));
            }
        }

        @Override
        public void writable() {
            executor.execute(listener::onReady);
        }
    }

    private synchronized void awaitWanted() throws InterruptedException {
        while (wanted == 0 && end == null) {
            wait();
        }
        wanted--;
    }

    /** Begins with the first call that has a deadline. */
    private static final class Deadlines {
        static final Timer TIMER = new Timer("grpc-deadlines", true);
    }
}
