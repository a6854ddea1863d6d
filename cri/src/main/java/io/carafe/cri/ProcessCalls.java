package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Engine;
import io.carafe.proto.carafe.v1.AttachRequest;
import io.carafe.proto.carafe.v1.ExecRequest;
import io.carafe.proto.carafe.v1.ProcessOutput;
import io.carafe.proto.carafe.v1.TerminalSize;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;

/** Exec and attach as bidirectional calls of {@code carafe.v1}. */
final class ProcessCalls {

    /** Between the end of a container's output and the news of its exit. */
    private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(10);

    private final Engine engine;

    ProcessCalls(Engine engine) {
        this.engine = engine;
    }

    StreamObserver<ExecRequest> exec(StreamObserver<ProcessOutput> observer) {
        return new Messages<>(observer) {
            @Override
            void receive(ExecRequest request) {
                switch (request.getMessageCase()) {
                    case START -> {
                        var start = request.getStart();
                        if (start.getCommandCount() == 0) {
                            throw new CarafeException.InvalidArgument("exec: no command");
                        }
                        var command = new io.carafe.engine.model.ExecRequest(
                                start.getCommandList(), start.getEnvList(), start.getWorkingDir(), start.getUser());
                        begin(
                                start.getTty(),
                                start.getStdin(),
                                start.hasSize() ? start.getSize() : null,
                                false,
                                io -> engine.containers().exec(start.getContainerId(), command, io));
                    }
                    case STDIN -> process().input(request.getStdin());
                    case STDIN_CLOSE -> process().endInput();
                    case RESIZE -> process().resize(request.getResize());
                    case MESSAGE_NOT_SET -> throw new CarafeException.InvalidArgument("exec: empty message");
                }
            }
        };
    }

    StreamObserver<AttachRequest> attach(StreamObserver<ProcessOutput> observer) {
        return new Messages<>(observer) {
            @Override
            void receive(AttachRequest request) {
                switch (request.getMessageCase()) {
                    case START -> {
                        var start = request.getStart();
                        var container = engine.containers().status(start.getContainerId());
                        begin(
                                container.config().tty(),
                                start.getStdin(),
                                start.hasSize() ? start.getSize() : null,
                                true,
                                io -> {
                                    engine.containers().attach(container.id(), io);
                                    return engine.containers()
                                            .awaitExit(container.id(), Deadline.after(EXIT_TIMEOUT))
                                            .exitCode();
                                });
                    }
                    case STDIN -> process().input(request.getStdin());
                    case STDIN_CLOSE -> process().endInput();
                    case RESIZE -> process().resize(request.getResize());
                    case MESSAGE_NOT_SET -> throw new CarafeException.InvalidArgument("attach: empty message");
                }
            }
        };
    }

    /** Runs the process to its end and gives its exit code. */
    private interface Work {
        int run(ProcessCall io);
    }

    /** The client's messages; the first must be the start. */
    private abstract static class Messages<Q> implements StreamObserver<Q> {

        private final ServerCallStreamObserver<ProcessOutput> call;
        private final StreamedAnswer<ProcessOutput> answer;
        private ProcessCall process;

        Messages(StreamObserver<ProcessOutput> observer) {
            this.call = (ServerCallStreamObserver<ProcessOutput>) observer;
            this.answer = StreamedAnswer.to(observer);
            call.disableAutoRequest();
            call.request(1);
        }

        abstract void receive(Q request);

        ProcessCall process() {
            if (process == null) {
                throw new CarafeException.InvalidArgument("the first message must be the start");
            }
            return process;
        }

        /** @param tellsAttached whether the client is told when the streams are joined */
        void begin(boolean tty, boolean stdin, TerminalSize size, boolean tellsAttached, Work work) {
            if (process != null) {
                throw new CarafeException.InvalidArgument("started twice");
            }
            process = new ProcessCall(call, answer, tty, stdin, tellsAttached);
            if (size != null) {
                process.resize(size);
            }
            answer.start(_ -> run(work));
        }

        private void run(Work work) throws InterruptedException {
            try {
                var code = work.run(process);
                answer.send(ProcessOutput.newBuilder().setExitCode(code).build());
            } finally {
                process.dropInput();
            }
        }

        @Override
        public void onNext(Q request) {
            try {
                receive(request);
                process().requestMore();
            } catch (RuntimeException e) {
                answer.fail(e);
            }
        }

        @Override
        public void onError(Throwable cause) {
            if (process != null) {
                process.breakInput("the client has left");
            }
        }

        @Override
        public void onCompleted() {
            if (process != null) {
                process.endInput();
            } else {
                answer.fail(new CarafeException.InvalidArgument("the client started nothing"));
            }
        }
    }
}
