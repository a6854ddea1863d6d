package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer as a stream that cannot hang: each read ends with the stall timeout, the caller's deadline or the
 * interruption of the thread. The JDK's own stream has no limit on a read.
 */
final class ResponseBody extends InputStream implements HttpResponse.BodySubscriber<ResponseBody> {

    /** Pieces asked for ahead of the reader; one is what the client read at once, 16 KiB as a rule. */
    private static final int AHEAD = 32;

    private static final Duration FINISH = Duration.ofMillis(100);

    private sealed interface Piece {}

    private record Data(List<ByteBuffer> buffers) implements Piece {}

    private record End(Throwable failure) implements Piece {}

    private final String host;
    private final Duration stall;
    private final Deadline deadline;
    // bounded by what was asked for
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private List<ByteBuffer> current = List.of();
    private int next;
    private End end;

    ResponseBody(String host, Duration stall, Deadline deadline) {
        this.host = host;
        this.stall = stall;
        this.deadline = deadline;
    }

    @Override
    public CompletionStage<ResponseBody> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription granted) {
        if (subscription.complete(granted)) {
            granted.request(AHEAD);
        } else {
            granted.cancel();
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        pieces.add(new Data(buffers));
    }

    @Override
    public void onError(Throwable failure) {
        pieces.add(new End(failure));
    }

    @Override
    public void onComplete() {
        pieces.add(new End(null));
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        var buffer = buffer();
        if (buffer == null) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(bytes, offset, count);
        return count;
    }

    /** The next buffer with something in it; null at the end. */
    private ByteBuffer buffer() throws IOException {
        while (true) {
            while (next < current.size()) {
                if (current.get(next).hasRemaining()) {
                    return current.get(next);
                }
                next++;
            }
            if (end == null) {
                advance();
            } else if (end.failure() == null) {
                return null;
            } else {
                throw new IOException("registry " + host + ": " + Failures.reason(end.failure()), end.failure());
            }
        }
    }

    private void advance() throws IOException {
        switch (take()) {
            case Data data -> {
                current = data.buffers();
                next = 0;
                subscription.join().request(1);
            }
            case End last -> {
                current = List.of();
                next = 0;
                end = last;
            }
        }
    }

    private Piece take() throws IOException {
        deadline.check("download from " + host);
        try {
            var piece = pieces.poll(Math.min(stall.toNanos(), deadline.remainingNanos()), TimeUnit.NANOSECONDS);
            if (piece != null) {
                return piece;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close();
        deadline.check("download from " + host);
        throw new IOException("registry " + host + ": no data for " + stall.toMillis() + " ms");
    }

    /** Drops the connection unless everything was read. */
    @Override
    public void close() {
        if (end == null) {
            end = new End(new IOException("closed"));
            current = List.of();
            var _ = subscription.thenAccept(Flow.Subscription::cancel);
        }
    }

    /** Sees to it that the connection can be used again if the end, which is due now, comes soon. */
    void finish() {
        try {
            var piece = end == null ? pieces.poll(FINISH.toNanos(), TimeUnit.NANOSECONDS) : null;
            if (piece instanceof End last) {
                end = last;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Reads a document whole. */
    byte[] readAll(int limit, String what) throws IOException {
        try (this) {
            var bytes = readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw new CarafeException.InvalidArgument(what + ": it is longer than " + limit + " bytes");
            }
            return bytes;
        }
    }
}
