package io.carafe.cli;

import com.google.protobuf.ByteString;
import io.carafe.linux.process.Signals;
import io.carafe.proto.carafe.v1.AttachRequest;
import io.carafe.proto.carafe.v1.ExecRequest;
import io.carafe.proto.carafe.v1.ProcessOutput;
import io.carafe.proto.carafe.v1.StdinClose;
import io.carafe.proto.carafe.v1.TerminalSize;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/**
 * Joins the standard streams of this command with those of a process in a container, until that ends or the person leaves.
 *
 * @param <T> requests of exec or of attach
 */
final class Session<T> implements ClientResponseObserver<T, ProcessOutput>, AutoCloseable {

    /** How the two calls spell the same things. */
    record Dialect<T>(Function<ByteString, T> input, T inputEnd, Function<TerminalSize, T> size) {

        static final Dialect<ExecRequest> EXEC = new Dialect<>(
                bytes -> ExecRequest.newBuilder().setStdin(bytes).build(),
                ExecRequest.newBuilder()
                        .setStdinClose(StdinClose.getDefaultInstance())
                        .build(),
                size -> ExecRequest.newBuilder().setResize(size).build());

        static final Dialect<AttachRequest> ATTACH = new Dialect<>(
                bytes -> AttachRequest.newBuilder().setStdin(bytes).build(),
                AttachRequest.newBuilder()
                        .setStdinClose(StdinClose.getDefaultInstance())
                        .build(),
                size -> AttachRequest.newBuilder().setResize(size).build());
    }

    private static final int INPUT_BUFFER = 32 << 10;

    private final Dialect<T> dialect;
    private final boolean terminal;
    private final FileOutputStream stdout = new FileOutputStream(FileDescriptor.out);
    private final FileOutputStream stderr = new FileOutputStream(FileDescriptor.err);
    private final CompletableFuture<Void> attached = new CompletableFuture<>();
    /** The exit code; empty if the person has left. */
    private final CompletableFuture<Optional<Integer>> end = new CompletableFuture<>();

    private ClientCallStreamObserver<T> call;
    private Optional<Terminal> raw = Optional.empty();

    /** @param terminal whether the process has a terminal, which ours then passes every key to */
    Session(Dialect<T> dialect, boolean terminal) {
        this.dialect = dialect;
        this.terminal = terminal;
    }

    /** The size that a new terminal of a process should have; nothing if there is no terminal here. */
    static Optional<TerminalSize> terminalSize() {
        return Terminal.size()
                .map(size -> TerminalSize.newBuilder()
                        .setWidth(size.width())
                        .setHeight(size.height())
                        .build());
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<T> stream) {
        call = stream;
        stream.setOnReadyHandler(() -> {
            synchronized (this) {
                notifyAll();
            }
        });
    }

    /** Sends the first request of a call that was made with this as its observer. */
    void begin(StreamObserver<T> requests, T start) {
        synchronized (this) {
            requests.onNext(start);
        }
    }

    /** Waits until nothing that the process prints from now on is lost. */
    void awaitAttached() throws InterruptedException {
        await(attached);
    }

    /** Passes on what is typed, and the size of the window if there is a terminal on either side. */
    void forwardInput() {
        if (terminal) {
            raw = Optional.of(Terminal.raw());
            Signals.on("WINCH", this::sendSize);
            sendSize();
        }
        Thread.ofPlatform().daemon().name("stdin").start(this::readInput);
    }

    /** @return the exit code; empty if the person has left the process to itself */
    Optional<Integer> await() throws InterruptedException {
        return await(end);
    }

    @Override
    public void onNext(ProcessOutput output) {
        try {
            switch (output.getMessageCase()) {
                case STDOUT -> output.getStdout().writeTo(stdout);
                case STDERR -> output.getStderr().writeTo(stderr);
                case EXIT_CODE -> end.complete(Optional.of(output.getExitCode()));
                case ATTACHED -> attached.complete(null);
                case MESSAGE_NOT_SET -> {}
            }
        } catch (IOException e) {
            // whoever read our output is gone, as in `carafe logs x | head`
            end.completeExceptionally(new Failure("write output: " + e.getMessage()));
        }
    }

    @Override
    public void onError(Throwable error) {
        attached.completeExceptionally(error);
        end.completeExceptionally(error);
    }

    @Override
    public void onCompleted() {
        onError(new Failure("the daemon ended the session without an exit code", Failure.DAEMON));
    }

    @Override
    public void close() {
        raw.ifPresent(Terminal::close);
        if (call != null && !end.isDone()) {
            call.cancel("the client leaves", null);
        }
    }

    private void readInput() {
        var keys = new DetachKeys();
        var buffer = new byte[INPUT_BUFFER];
        // not System.in: its buffering would hold keys back
        try (var stdin = new FileInputStream(FileDescriptor.in)) {
            for (var count = stdin.read(buffer); count >= 0; count = stdin.read(buffer)) {
                var passed = terminal
                        ? ByteString.copyFrom(keys.pass(buffer, count))
                        : ByteString.copyFrom(buffer, 0, count);
                if (!passed.isEmpty()) {
                    send(dialect.input().apply(passed));
                }
                if (keys.detached()) {
                    end.complete(Optional.empty());
                    return;
                }
            }
            send(dialect.inputEnd());
        } catch (IOException | IllegalStateException e) {
            // the call is over, or there is nothing to read from; the process may go on without input
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits while the daemon does not take more, so that a large input is not piled up here. */
    private synchronized void send(T request) throws InterruptedException {
        while (!call.isReady() && !end.isDone()) {
            wait(1000);
        }
        if (!end.isDone()) {
            call.onNext(request);
        }
    }

    private void sendSize() {
        terminalSize().ifPresent(size -> {
            synchronized (this) {
                if (!end.isDone()) {
                    call.onNext(dialect.size().apply(size));
                }
            }
        });
    }

    private static <V> V await(CompletableFuture<V> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException known -> throw known;
                case Error error -> throw error;
                default -> throw new IllegalStateException(e.getCause());
            }
        }
    }
}
