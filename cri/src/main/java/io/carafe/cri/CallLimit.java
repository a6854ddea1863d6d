package io.carafe.cri;

import io.grpc.Attributes;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Refuses calls of a connection that has as many under way as it may, so that a client which runs wild holds up itself
 * and nobody else. The kubelet has connections of its own.
 */
final class CallLimit extends ServerTransportFilter implements ServerInterceptor {

    private static final Attributes.Key<AtomicInteger> UNDER_WAY = Attributes.Key.create("calls under way");

    private final int most;

    CallLimit(int most) {
        this.most = most;
    }

    @Override
    public Attributes transportReady(Attributes connection) {
        return connection.toBuilder().set(UNDER_WAY, new AtomicInteger()).build();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        var underWay = call.getAttributes().get(UNDER_WAY);
        if (underWay.incrementAndGet() > most) {
            underWay.decrementAndGet();
            call.close(
                    Status.RESOURCE_EXHAUSTED.withDescription(
                            call.getMethodDescriptor().getBareMethodName() + ": " + most
                                    + " calls of this connection are under way, the most that max_calls_per_connection allows;"
                                    + " try again when some have ended"),
                    new Metadata());
            return new ServerCall.Listener<>() {};
        }
        try {
            return counted(next.startCall(call, headers), underWay);
        } catch (RuntimeException | Error e) {
            underWay.decrementAndGet();
            throw e;
        }
    }

    /** A call ends in one of two ways, and once. */
    private static <Q> ServerCall.Listener<Q> counted(ServerCall.Listener<Q> listener, AtomicInteger underWay) {
        return new SimpleForwardingServerCallListener<>(listener) {

            @Override
            public void onComplete() {
                underWay.decrementAndGet();
                super.onComplete();
            }

            @Override
            public void onCancel() {
                underWay.decrementAndGet();
                super.onCancel();
            }
        };
    }
}
