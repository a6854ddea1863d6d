package io.carafe.cri;

import io.grpc.stub.StreamObserver;

/** The answer of a unary call. */
final class Answers {

    private Answers() {}

    static <T> void send(StreamObserver<T> observer, T message) {
        observer.onNext(message);
        observer.onCompleted();
    }
}
