package io.carafe.cri;

import io.carafe.engine.stage.TraceContext;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;

/** Makes every call a span of its caller's trace, and tells the engine for which one it works. */
final class TracingInterceptor implements ServerInterceptor {

    private static final Metadata.Key<String> PARENT = Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

    private final CallTraces traces;

    TracingInterceptor(CallTraces traces) {
        this.traces = traces;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        var span = traces.begin(call.getMethodDescriptor().getBareMethodName(), headers.get(PARENT));
        var ended = new AtomicBoolean();
        var traced = new SimpleForwardingServerCall<Q, A>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                if (ended.compareAndSet(false, true)) {
                    span.end(status.getCode().name());
                }
                super.close(status, trailers);
            }
        };
        return new SimpleForwardingServerCallListener<>(next.startCall(traced, headers)) {
            @Override
            public void onMessage(Q message) {
                within(() -> super.onMessage(message));
            }

            @Override
            public void onHalfClose() {
                within(super::onHalfClose);
            }

            @Override
            public void onCancel() {
                if (ended.compareAndSet(false, true)) {
                    span.end(Status.Code.CANCELLED.name());
                }
                super.onCancel();
            }

            private void within(Runnable callback) {
                ScopedValue.where(TraceContext.CURRENT, span.context()).run(callback);
            }
        };
    }
}
