package io.carafe.cri;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Times every call, from its headers to its status or to the moment when its client left. */
final class TimingInterceptor implements ServerInterceptor {

    private final CallTimings timings;

    TimingInterceptor(CallTimings timings) {
        this.timings = timings;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        var clock = new Clock(call.getMethodDescriptor().getBareMethodName());
        var timed = new SimpleForwardingServerCall<Q, A>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                clock.stop(status);
                super.close(status, trailers);
            }
        };
        return new SimpleForwardingServerCallListener<>(next.startCall(timed, headers)) {
            @Override
            public void onCancel() {
                clock.stop(Status.CANCELLED);
                super.onCancel();
            }
        };
    }

    private final class Clock {
        private final String operation;
        private final long begun = System.nanoTime();
        private final AtomicBoolean stopped = new AtomicBoolean();

        Clock(String operation) {
            this.operation = operation;
        }

        void stop(Status status) {
            if (stopped.compareAndSet(false, true)) {
                timings.record(
                        operation,
                        Duration.ofNanos(System.nanoTime() - begun),
                        status.getCode().name());
            }
        }
    }
}
