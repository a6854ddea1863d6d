package io.carafe.cri;

import io.carafe.base.Deadline;
import io.grpc.Context;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Carries what gRPC knows about a caller into the engine's terms: a cancelled call interrupts the thread that works for
 * it, a deadline becomes a {@link Deadline}, and an exception becomes a status.
 *
 * <p>The two ways to leave differ for the engine: work whose caller cancelled is taken back, work whose caller ran out of
 * time goes on for a retry to join. A client whose deadline passes sends a cancellation too, so one that comes about when
 * the deadline does is taken for the deadline.
 */
final class CallInterceptor implements ServerInterceptor {

    /**
     * How much earlier than ours the client's clock may see the same deadline pass: by the time the request took to get
     * here, which on a node without a spare moment can be long.
     */
    private static final Duration DEADLINE_SLACK = Duration.ofSeconds(1);

    /** Of the call that the current thread works for; none if the caller set none. */
    static Deadline deadline() {
        var deadline = Context.current().getDeadline();
        return deadline == null
                ? Deadline.none()
                : Deadline.after(Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS))));
    }

    /** Whether the call has ended because its caller turned away, and not because time ran out. */
    static boolean cancelledByCaller(Context context) {
        var deadline = context.getDeadline();
        return context.isCancelled()
                && (deadline == null || deadline.timeRemaining(TimeUnit.MILLISECONDS) > DEADLINE_SLACK.toMillis());
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {

            @Override
            public void onMessage(Q message) {
                guarded(() -> super.onMessage(message));
            }

            @Override
            public void onHalfClose() {
                guarded(super::onHalfClose);
            }

            private void guarded(Runnable callback) {
                var thread = Thread.currentThread();
                var context = Context.current();
                Context.CancellationListener interrupt = cancelled -> {
                    if (cancelledByCaller(cancelled)) {
                        thread.interrupt();
                    }
                };
                context.addListener(interrupt, Runnable::run);
                try {
                    callback.run();
                } catch (RuntimeException | Error e) {
                    close(Errors.status(e));
                } finally {
                    context.removeListener(interrupt);
                    // gRPC's own work on this thread must not see it.
                    var _ = Thread.interrupted();
                }
            }

            private void close(Status status) {
                try {
                    call.close(status, new Metadata());
                } catch (IllegalStateException closedAlready) {
                    // The caller has gone, or the answer was on its way.
                }
            }
        };
    }
}
