package io.carafe.cli;

import com.google.protobuf.ByteString;
import io.carafe.linux.process.Signals;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A file that the daemon is sent, no faster than it takes it, and its answer.
 *
 * @param <Q> requests
 * @param <R> the answer
 */
final class SentFile<Q, R> implements ClientResponseObserver<Q, R> {

    private static final int CHUNK_BYTES = 128 << 10;

    private final CompletableFuture<R> answer = new CompletableFuture<>();
    private ClientCallStreamObserver<Q> call;
    private R last;

    /**
     * Sends, and waits for the answer.
     *
     * @param begin makes the call with the observer that it is given
     * @param file empty or {@code -} for standard input
     */
    static <Q, R> R send(Consumer<SentFile<Q, R>> begin, Q start, Function<ByteString, Q> data, String file)
            throws Exception {
        var main = Thread.currentThread();
        Signals.ENDING.forEach(name -> Signals.on(name, main::interrupt));
        var sent = new SentFile<Q, R>();
        try (var in = open(file)) {
            begin.accept(sent);
            sent.pass(start, data, in);
            return sent.answer.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } catch (InterruptedException e) {
            throw new Failure("interrupted", Failure.INTERRUPTED);
        } finally {
            if (!sent.answer.isDone() && sent.call != null) {
                sent.call.cancel("the client leaves", null);
            }
        }
    }

    private static InputStream open(String file) {
        if (file.isEmpty() || file.equals("-")) {
            if (Terminal.is(0)) {
                throw new Failure("an archive is expected on standard input; name a file with -i");
            }
            return new FileInputStream(FileDescriptor.in);
        }
        try {
            return Files.newInputStream(Path.of(file));
        } catch (IOException e) {
            throw new Failure("read " + file + ": " + e.getMessage());
        }
    }

    private void pass(Q start, Function<ByteString, Q> data, InputStream in) throws IOException, InterruptedException {
        call.onNext(start);
        var buffer = new byte[CHUNK_BYTES];
        for (int count = in.read(buffer); count >= 0 && !answer.isDone(); count = in.read(buffer)) {
            awaitReady();
            call.onNext(data.apply(ByteString.copyFrom(buffer, 0, count)));
        }
        if (!answer.isDone()) {
            call.onCompleted();
        }
    }

    private synchronized void awaitReady() throws InterruptedException {
        while (!call.isReady() && !answer.isDone()) {
            wait();
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> stream) {
        call = stream;
        stream.setOnReadyHandler(this::wake);
    }

    @Override
    public void onNext(R message) {
        last = message;
    }

    @Override
    public void onError(Throwable error) {
        answer.completeExceptionally(error);
        wake();
    }

    @Override
    public void onCompleted() {
        answer.complete(last);
        wake();
    }
}
