package io.carafe.cri;

import com.google.protobuf.ByteString;
import io.carafe.base.CarafeException;
import io.carafe.streaming.BytePipe;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;

/**
 * A call whose messages bring a file, after one that says what it is for. It is read while it comes, and messages are asked
 * for as long as little of it waits.
 *
 * @param <Q> requests
 * @param <S> what the first of them holds
 * @param <R> the answer
 */
abstract class UploadedFile<Q, S, R> implements StreamObserver<Q>, BytePipe.Pressure {

    private static final int ENOUGH_BYTES = 4 << 20;

    private final ServerCallStreamObserver<R> call;
    private final StreamedAnswer<R> answer;
    private final BytePipe file = new BytePipe(this);
    private final Object lock = new Object();
    private boolean started;
    private long waiting;
    private boolean owesRequest;

    UploadedFile(StreamObserver<R> observer) {
        this.call = (ServerCallStreamObserver<R>) observer;
        this.answer = StreamedAnswer.to(observer);
        call.disableAutoRequest();
        call.request(1);
    }

    /** Null if the message is not the first. */
    abstract S start(Q request);

    /** Null if the message is the first. */
    abstract ByteString data(Q request);

    /** Reads the file and makes the answer. */
    abstract R take(S start, InputStream content) throws IOException;

    @Override
    public void onNext(Q request) {
        try {
            var start = start(request);
            if ((start != null) == started) {
                throw new CarafeException.InvalidArgument(
                        started ? "started twice" : "the first message must be the start");
            }
            if (start != null) {
                started = true;
                answer.start(_ -> answer(start));
            } else {
                file.offer(data(request).toByteArray());
            }
            requestMore();
        } catch (RuntimeException e) {
            answer.fail(e);
        }
    }

    private void answer(S start) throws IOException, InterruptedException {
        try (file) {
            answer.send(take(start, file));
        }
    }

    private void requestMore() {
        synchronized (lock) {
            owesRequest = waiting > ENOUGH_BYTES;
            if (!owesRequest) {
                call.request(1);
            }
        }
    }

    @Override
    public void arrived(int bytes) {
        synchronized (lock) {
            waiting += bytes;
        }
    }

    @Override
    public void taken(int bytes) {
        synchronized (lock) {
            waiting -= bytes;
            if (owesRequest && waiting <= ENOUGH_BYTES) {
                owesRequest = false;
                call.request(1);
            }
        }
    }

    @Override
    public void onError(Throwable cause) {
        file.fail(new IOException("the client has left"));
    }

    @Override
    public void onCompleted() {
        if (started) {
            file.end();
        } else {
            answer.fail(new CarafeException.InvalidArgument("the client started nothing"));
        }
    }
}
