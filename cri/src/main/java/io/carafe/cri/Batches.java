package io.carafe.cri;

import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Function;

/** Lists as streams (CRI 1.36): pieces small enough for any message limit, and no message at all for an empty list. */
final class Batches {

    /** A container with long annotations takes tens of kB in a message. */
    private static final int ITEMS = 100;

    private Batches() {}

    static <T, R> void stream(List<T> items, Function<List<T>, R> message, StreamObserver<R> observer) {
        StreamedAnswer.to(observer).start(answer -> {
            for (int from = 0; from < items.size(); from += ITEMS) {
                answer.send(message.apply(items.subList(from, Math.min(items.size(), from + ITEMS))));
            }
        });
    }
}
