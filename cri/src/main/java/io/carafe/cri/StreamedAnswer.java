package io.carafe.cri;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An answer of many messages, composed by a thread of its own that waits while the client does not keep up, and is
 * interrupted when the client leaves.
 *
 * <p>Several threads may send.
 */
final class StreamedAnswer<T> {

    /** Composes the answer; what it throws becomes the call's status. */
    interface Body<T> {
        void compose(StreamedAnswer<T> answer) throws Exception;
    }

    private final ServerCallStreamObserver<T> observer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ready = lock.newCondition();

    private Thread thread;
    private Throwable failure;

    private StreamedAnswer(ServerCallStreamObserver<T> observer) {
        this.observer = observer;
    }

    /** Prepares an answer; to be called in the service method itself. */
    static <T> StreamedAnswer<T> to(StreamObserver<T> observer) {
        var answer = new StreamedAnswer<>((ServerCallStreamObserver<T>) observer);
        answer.observer.setOnCancelHandler(answer::interrupt);
        answer.observer.setOnReadyHandler(answer::signal);
        return answer;
    }

    /** Begins to compose. Once only. */
    void start(Body<T> body) {
        lock.lock();
        try {
            thread = Thread.ofVirtual()
                    .name("answer")
                    .unstarted(Context.current().wrap(() -> compose(body)));
            thread.start();
            if (observer.isCancelled()) {
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    private void interrupt() {
        lock.lock();
        try {
            if (thread != null) {
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the call with an error, and interrupts who composes. */
    void fail(Throwable cause) {
        lock.lock();
        try {
            if (thread == null) {
                observer.onError(Errors.status(cause).asRuntimeException());
            } else {
                failure = cause;
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    private void compose(Body<T> body) {
        Throwable thrown = null;
        try {
            body.compose(this);
        } catch (Exception | LinkageError e) {
            thrown = e;
        }
        lock.lock();
        try {
            var error = failure != null ? failure : thrown;
            if (observer.isCancelled()) {
                return;
            }
            if (error == null) {
                observer.onCompleted();
            } else {
                observer.onError(Errors.status(error).asRuntimeException());
            }
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        lock.lock();
        try {
            ready.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Sends once the client takes more. */
    void send(T message) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!observer.isReady()) {
                if (observer.isCancelled()) {
                    throw new InterruptedException("the client has left");
                }
                ready.await();
            }
            observer.onNext(message);
        } finally {
            lock.unlock();
        }
    }

    /** Sends if the client takes more at once; for news that later news replace. */
    void offer(T message) {
        lock.lock();
        try {
            if (observer.isReady() && !observer.isCancelled()) {
                observer.onNext(message);
            }
        } finally {
            lock.unlock();
        }
    }
}
