package io.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.carafe.proto.carafe.v1.AttachRequest;
import io.carafe.proto.carafe.v1.CarafeGrpc;
import io.carafe.proto.carafe.v1.InfoRequest;
import io.carafe.proto.carafe.v1.InfoResponse;
import io.carafe.proto.carafe.v1.LogEntry;
import io.carafe.proto.carafe.v1.LogsRequest;
import io.carafe.proto.carafe.v1.ProcessOutput;
import io.carafe.proto.carafe.v1.PullEvent;
import io.carafe.proto.carafe.v1.PullRequest;
import io.carafe.proto.carafe.v1.WaitRequest;
import io.carafe.proto.carafe.v1.WaitResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against grpc-java's own server. */
@Timeout(60)
final class ConnectionTest {

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private @TempDir Path dir;
    private Server server;
    private Connection daemon;

    @BeforeEach
    void start() throws IOException {
        var socket = dir.resolve("s");
        server = NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toString()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .withChildOption(ChannelOption.SO_KEEPALIVE, null)
                .addService(new Service())
                .build()
                .start();
        daemon = Connection.open(socket.toString());
    }

    @AfterEach
    void stop() throws Exception {
        server.shutdownNow().awaitTermination();
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
    }

    @Test
    void manyCallsAtOnceAreAllAnswered() throws Exception {
        var threads = new Thread[8];
        var answers = new CompletableFuture<?>[threads.length];
        for (var i = 0; i < threads.length; i++) {
            var answer = new CompletableFuture<Void>();
            answers[i] = answer;
            threads[i] = Thread.ofVirtual().start(() -> {
                try {
                    for (var n = 0; n < 50; n++) {
                        assertEquals(
                                "v",
                                daemon.carafe()
                                        .info(InfoRequest.getDefaultInstance())
                                        .getVersion());
                    }
                    answer.complete(null);
                } catch (RuntimeException | AssertionError e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        CompletableFuture.allOf(answers).get();
    }

    @Test
    void errorsKeepTheirWordsHoweverLongAndForeign() {
        for (var words : new String[] {
            "short", "no such container: grün 100%", "long enough for a server to think of Huffman codes: ".repeat(40)
        }) {
            var e = assertThrows(
                    StatusRuntimeException.class,
                    () -> daemon.carafe()
                            .wait(WaitRequest.newBuilder().setContainerId(words).build()));
            assertEquals(Status.Code.NOT_FOUND, e.getStatus().getCode());
            assertEquals(words, e.getStatus().getDescription());
        }
        var unknown = assertThrows(
                StatusRuntimeException.class,
                () -> daemon.runtime().version(io.carafe.proto.cri.v1.VersionRequest.getDefaultInstance()));
        assertEquals(Status.Code.UNIMPLEMENTED, unknown.getStatus().getCode());
    }

    @Test
    void largeMessagesAndSlowReadersAreWithinTheWindows() throws Exception {
        var entries = daemon.carafe().logs(LogsRequest.newBuilder().setTail(40).build());
        var bytes = 0L;
        for (var n = 0; entries.hasNext(); n++) {
            if (n < 5) {
                Thread.sleep(20);
            }
            bytes += entries.next().getContent().size();
        }
        assertEquals(40 * 700_000L, bytes);
        var large = daemon.carafe()
                .pull(PullRequest.newBuilder().setReference("large").build())
                .next();
        assertEquals(20 << 20, large.getNote().length());
    }

    @Test
    void bothSidesTalkAtOnce() throws Exception {
        var random = new Random(1);
        var sent = ByteString.EMPTY;
        var received = new CompletableFuture<ByteString>();
        var requests = daemon.carafeStreams().attach(new StreamObserver<>() {
            private ByteString all = ByteString.EMPTY;

            @Override
            public void onNext(ProcessOutput output) {
                all = all.concat(output.getStdout());
            }

            @Override
            public void onError(Throwable e) {
                received.completeExceptionally(e);
            }

            @Override
            public void onCompleted() {
                received.complete(all);
            }
        });
        for (var n = 0; n < 300; n++) {
            var piece = new byte[random.nextInt(60_000)];
            random.nextBytes(piece);
            sent = sent.concat(ByteString.copyFrom(piece));
            requests.onNext(AttachRequest.newBuilder()
                    .setStdin(ByteString.copyFrom(piece))
                    .build());
        }
        requests.onCompleted();
        assertEquals(sent, received.get(30, TimeUnit.SECONDS));
    }

    @Test
    void interruptCancelsTheCallAndNoOther() throws Exception {
        var thrown = new CompletableFuture<Throwable>();
        var caller = Thread.ofVirtual().start(() -> {
            try {
                daemon.carafe().wait(WaitRequest.getDefaultInstance());
            } catch (StatusRuntimeException e) {
                thrown.complete(e);
            }
        });
        Thread.sleep(200);
        caller.interrupt();
        assertEquals(Status.Code.CANCELLED, Status.fromThrowable(thrown.get()).getCode());
        assertTrue(cancelled.await(10, TimeUnit.SECONDS), "the server learns of it");
        assertEquals("v", daemon.carafe().info(InfoRequest.getDefaultInstance()).getVersion());
    }

    @Test
    void deadlineEndsACallThatIsNotAnswered() {
        var e = assertThrows(
                StatusRuntimeException.class,
                () -> daemon.carafe()
                        .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                        .wait(WaitRequest.getDefaultInstance()));
        assertEquals(Status.Code.DEADLINE_EXCEEDED, e.getStatus().getCode());
    }

    @Test
    void serverThatGoesAwayIsNotTakenForAnInterruptionAndIsUnavailableAfterwards() throws Exception {
        var thrown = new CompletableFuture<Throwable>();
        Thread.ofVirtual().start(() -> {
            try {
                daemon.carafe().wait(WaitRequest.getDefaultInstance());
            } catch (StatusRuntimeException e) {
                thrown.complete(e);
            }
        });
        Thread.sleep(200);
        server.shutdownNow().awaitTermination();
        // by a reset of the call or the end of the connection, whichever the client sees first
        var told = daemon.failure(thrown.get()).getMessage();
        assertFalse(told.contains("interrupted"), told);
        var again = assertThrows(
                StatusRuntimeException.class, () -> daemon.carafe().info(InfoRequest.getDefaultInstance()));
        assertEquals(Status.Code.UNAVAILABLE, again.getStatus().getCode());
        assertFalse(again.getStatus().getDescription().isEmpty());
    }

    /** What the tests above ask of a server. */
    private final class Service extends CarafeGrpc.CarafeImplBase {

        @Override
        public void info(InfoRequest request, StreamObserver<InfoResponse> observer) {
            observer.onNext(InfoResponse.newBuilder().setVersion("v").build());
            observer.onCompleted();
        }

        @Override
        public void wait(WaitRequest request, StreamObserver<WaitResponse> observer) {
            if (request.getContainerId().isEmpty()) {
                ((ServerCallStreamObserver<WaitResponse>) observer).setOnCancelHandler(cancelled::countDown);
            } else {
                observer.onError(Status.NOT_FOUND
                        .withDescription(request.getContainerId())
                        .asRuntimeException());
            }
        }

        @Override
        public void logs(LogsRequest request, StreamObserver<LogEntry> observer) {
            var entry = LogEntry.newBuilder()
                    .setContent(ByteString.copyFrom(new byte[700_000]))
                    .build();
            for (var n = 0; n < request.getTail(); n++) {
                observer.onNext(entry);
            }
            observer.onCompleted();
        }

        @Override
        public void pull(PullRequest request, StreamObserver<PullEvent> observer) {
            observer.onNext(PullEvent.newBuilder().setNote("x".repeat(20 << 20)).build());
            observer.onCompleted();
        }

        @Override
        public StreamObserver<AttachRequest> attach(StreamObserver<ProcessOutput> observer) {
            return new StreamObserver<>() {
                @Override
                public void onNext(AttachRequest request) {
                    observer.onNext(ProcessOutput.newBuilder()
                            .setStdout(request.getStdin())
                            .build());
                }

                @Override
                public void onError(Throwable e) {}

                @Override
                public void onCompleted() {
                    observer.onCompleted();
                }
            };
        }
    }
}
