package io.carafe.cri;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.engine.Containers;
import io.carafe.engine.Engine;
import io.carafe.engine.Pods;
import io.carafe.engine.event.ContainerEvent;
import io.carafe.engine.event.EventBus;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.EngineStatus;
import io.carafe.engine.model.ExecResult;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStatus;
import io.carafe.image.pull.PullSources;
import io.carafe.proto.carafe.v1.CarafeGrpc;
import io.carafe.proto.carafe.v1.ExecRequest;
import io.carafe.proto.carafe.v1.ExecStart;
import io.carafe.proto.carafe.v1.InfoRequest;
import io.carafe.proto.carafe.v1.ProcessOutput;
import io.carafe.proto.carafe.v1.StdinClose;
import io.carafe.proto.cri.v1.CheckpointPodRequest;
import io.carafe.proto.cri.v1.ContainerEventResponse;
import io.carafe.proto.cri.v1.ContainerEventType;
import io.carafe.proto.cri.v1.ExecSyncRequest;
import io.carafe.proto.cri.v1.GetEventsRequest;
import io.carafe.proto.cri.v1.ImageServiceGrpc;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.ImageStatusRequest;
import io.carafe.proto.cri.v1.ListPodSandboxRequest;
import io.carafe.proto.cri.v1.NetworkConfig;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import io.carafe.proto.cri.v1.PullImageRequest;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.carafe.proto.cri.v1.RuntimeConfig;
import io.carafe.proto.cri.v1.RuntimeConfigRequest;
import io.carafe.proto.cri.v1.RuntimeHandler;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.proto.cri.v1.StatusRequest;
import io.carafe.proto.cri.v1.StreamPodSandboxesRequest;
import io.carafe.proto.cri.v1.StreamPodSandboxesResponse;
import io.carafe.proto.cri.v1.UpdateRuntimeConfigRequest;
import io.carafe.proto.cri.v1.VersionRequest;
import io.carafe.storage.Storage;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls over the real socket, with an engine of which only what a test needs is there. */
@Timeout(60)
class CriServerTest {

    private interface Run {
        String pod(Deadline deadline);
    }

    private interface Exec {
        int run(ProcessIo io) throws Exception;
    }

    @TempDir
    Path directory;

    private final EventBus events = new EventBus();
    private final List<PodStatus> pods = new ArrayList<>();
    private final List<String> podCidrs = new ArrayList<>();
    private final BlockingQueue<String> timed = new LinkedBlockingQueue<>();
    private final CallTimings timings = (operation, elapsed, code) -> timed.add(operation + " " + code);
    private volatile Run run = _ -> "pod-1";
    private volatile Exec exec = _ -> 0;
    private Path socket;
    private Storage storage;
    private ImageService store;
    private CriServer server;
    private EventLoopGroup loops;
    private ManagedChannel channel;
    private RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime;
    private ImageServiceGrpc.ImageServiceBlockingStub images;

    @BeforeEach
    void start() throws Exception {
        Files.writeString(directory.resolve("registries.conf"), "");
        Files.writeString(directory.resolve("policy.json"), "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}");
        storage = Storage.open(directory.resolve("root"), Storage.Kind.COPY);
        store = ImageService.open(
                directory.resolve("root/images"),
                storage,
                PullSources.load(directory.resolve("registries.conf"), directory.resolve("policy.json")));
        socket = directory.resolve("carafe.sock");
        server = serve();
        loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .eventLoopGroup(loops)
                .channelType(EpollDomainSocketChannel.class)
                .maxInboundMessageSize(64 * 1024 * 1024)
                .usePlaintext()
                .build();
        runtime = RuntimeServiceGrpc.newBlockingStub(channel);
        images = ImageServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() throws Exception {
        channel.shutdownNow().awaitTermination(5, SECONDS);
        loops.shutdownGracefully(0, 1, SECONDS).await();
        server.close();
        store.close();
        storage.close();
        assertFalse(Files.exists(socket));
    }

    private CriServer serve() {
        var podCalls = Scripted.of(
                Pods.class, Map.of("run", arguments -> run.pod((Deadline) arguments[1]), "list", _ -> pods));
        var containerCalls = Scripted.of(
                Containers.class,
                Map.of(
                        "exec",
                        arguments -> exec.run((ProcessIo) arguments[2]),
                        "execSync",
                        _ -> new ExecResult(new byte[16 * 1024 * 1024], new byte[16 * 1024 * 1024], 7),
                        "list",
                        _ -> List.of()));
        var status = new EngineStatus(
                EngineStatus.Condition.READY,
                new EngineStatus.Condition(false, "NoNetwork", "no CNI configuration in /etc/cni/net.d"),
                List.of(
                        new EngineStatus.Handler("runc", true, true, false, ""),
                        new EngineStatus.Handler("runsc", false, false, false, "/usr/bin/runsc is not there")));
        var engine = Scripted.of(
                Engine.class,
                Map.of(
                        "pods",
                        _ -> podCalls,
                        "containers",
                        _ -> containerCalls,
                        "events",
                        _ -> events,
                        "status",
                        _ -> status,
                        "usePodCidrs",
                        arguments -> podCidrs.add((String) arguments[0])));
        var node =
                new Node("0.1.0", directory, directory.resolve("run"), Node.CgroupDriver.CGROUPFS, "v2", Instant.EPOCH);
        return CriServer.start(socket, engine, store, null, null, timings, node);
    }

    private static RunPodSandboxRequest podRequest() {
        return RunPodSandboxRequest.newBuilder()
                .setConfig(PodSandboxConfig.newBuilder()
                        .setMetadata(PodSandboxMetadata.newBuilder()
                                .setName("web")
                                .setNamespace("default")
                                .setUid("u")))
                .build();
    }

    private static Status failure(Runnable call) {
        return assertThrows(StatusRuntimeException.class, call::run).getStatus();
    }

    @Test
    void theSocketIsForRootAndItsGroup() throws Exception {
        assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
    }

    @Test
    void aSocketInUseIsAnErrorAndAStaleOneIsReplaced() throws Exception {
        var error = assertThrows(CarafeException.FailedPrecondition.class, this::serve);
        assertTrue(error.getMessage().contains("another daemon serves it"), error.getMessage());
        var other = directory.resolve("stale.sock");
        Files.createFile(other);
        var kept = socket;
        socket = other;
        serve().close();
        socket = kept;
        var tooLong = directory.resolve("x".repeat(120));
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> CriServer.start(tooLong, null, null, null, null, null, null));
    }

    @Test
    void versionAndConfigurationSayWhatTheKubeletNeeds() {
        var version =
                runtime.version(VersionRequest.newBuilder().setVersion("0.1.0").build());
        assertEquals("0.1.0", version.getVersion());
        assertEquals("carafe", version.getRuntimeName());
        assertEquals("0.1.0", version.getRuntimeVersion());
        assertEquals("v1", version.getRuntimeApiVersion());
        var config = runtime.runtimeConfig(RuntimeConfigRequest.getDefaultInstance());
        assertEquals("CGROUPFS", config.getLinux().getCgroupDriver().name());
    }

    @Test
    void everyCallIsTimedWithItsEnd() throws Exception {
        var _ = runtime.version(VersionRequest.getDefaultInstance());
        assertEquals("Version OK", timed.poll(5, SECONDS));
        run = _ -> {
            throw new CarafeException.NotFound("nothing there");
        };
        assertEquals(
                Status.Code.NOT_FOUND,
                failure(() -> {
                            var _ = runtime.runPodSandbox(podRequest());
                        })
                        .getCode());
        assertEquals("RunPodSandbox NOT_FOUND", timed.poll(5, SECONDS));
    }

    @Test
    void thePodCidrsOfTheKubeletReachTheEngine() {
        var network = NetworkConfig.newBuilder().setPodCidr("10.244.1.0/24,fd00:244:1::/64");
        var _ = runtime.updateRuntimeConfig(UpdateRuntimeConfigRequest.newBuilder()
                .setRuntimeConfig(RuntimeConfig.newBuilder().setNetworkConfig(network))
                .build());
        var _ = runtime.updateRuntimeConfig(UpdateRuntimeConfigRequest.getDefaultInstance());

        assertEquals(List.of("10.244.1.0/24,fd00:244:1::/64"), podCidrs);
    }

    @Test
    void statusListsTheDefaultHandlerTwiceAndABrokenOneAsACondition() {
        var status = runtime.status(StatusRequest.newBuilder().setVerbose(true).build());
        assertEquals(
                List.of("runc", "", "runsc"),
                status.getRuntimeHandlersList().stream()
                        .map(RuntimeHandler::getName)
                        .toList());
        var conditions = status.getStatus().getConditionsList();
        assertTrue(conditions.get(0).getStatus());
        assertEquals("NetworkReady", conditions.get(1).getType());
        assertEquals("NoNetwork", conditions.get(1).getReason());
        assertEquals("RuntimeHandlerReady/runsc", conditions.get(2).getType());
        assertTrue(status.getInfoMap().get("config").contains("\"stateDir\":"));
    }

    @Test
    void anErrorKeepsItsKindItsMessageAndItsPlace() {
        run = _ -> {
            throw new CarafeException.FailedPrecondition("pod default/web: plugin bridge failed")
                    .with("stage", "network")
                    .with("plugin", "bridge");
        };
        var status = failure(() -> runtime.runPodSandbox(podRequest()));
        assertEquals(Status.Code.FAILED_PRECONDITION, status.getCode());
        assertEquals("pod default/web: plugin bridge failed (stage=network)", status.getDescription());
        run = _ -> {
            throw new IllegalStateException("bug");
        };
        assertEquals(
                Status.Code.INTERNAL,
                failure(() -> runtime.runPodSandbox(podRequest())).getCode());
        assertEquals(
                Status.Code.INVALID_ARGUMENT,
                failure(() -> runtime.runPodSandbox(RunPodSandboxRequest.getDefaultInstance()))
                        .getCode());
        assertEquals(
                Status.Code.UNIMPLEMENTED,
                failure(() -> runtime.checkpointPod(CheckpointPodRequest.getDefaultInstance()))
                        .getCode());
    }

    @Test
    void aDeadlineIsPassedOnAndInterruptsNobody() throws Exception {
        var remaining = new CompletableFuture<Duration>();
        var interrupted = new CompletableFuture<Boolean>();
        run = deadline -> {
            remaining.complete(deadline.remaining());
            try {
                Thread.sleep(4000);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
            return "late";
        };
        // Connects and loads classes, so that the deadline is spent on the call alone.
        var _ = runtime.version(VersionRequest.getDefaultInstance());
        var status =
                failure(() -> runtime.withDeadlineAfter(Duration.ofSeconds(3)).runPodSandbox(podRequest()));
        assertEquals(Status.Code.DEADLINE_EXCEEDED, status.getCode());
        assertTrue(remaining.get(10, SECONDS).toMillis() <= 3000, remaining.toString());
        assertFalse(interrupted.get(10, SECONDS));
    }

    @Test
    void aCancelledCallInterruptsItsThread() throws Exception {
        var started = new CountDownLatch(1);
        var interrupted = new CompletableFuture<Boolean>();
        run = _ -> {
            started.countDown();
            try {
                Thread.sleep(10_000);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
            return "late";
        };
        var context = Context.current().withCancellation();
        context.run(() -> {
            var _ = RuntimeServiceGrpc.newFutureStub(channel)
                    .withDeadlineAfter(Duration.ofMinutes(1))
                    .runPodSandbox(podRequest());
        });
        assertTrue(started.await(5, SECONDS));
        context.cancel(null);
        assertTrue(interrupted.get(5, SECONDS));
        run = _ -> "next";
        assertEquals("next", runtime.runPodSandbox(podRequest()).getPodSandboxId());
    }

    private static PodStatus pod(int number) {
        var config = PodMessages.config(podRequest().getConfig(), "");
        return new PodStatus(
                "pod-" + number,
                config,
                PodState.READY,
                Instant.now(),
                List.of("10.1.0.2", "fd00::2"),
                "",
                "runc",
                Map.of());
    }

    @Test
    void listsAreStreamedInPiecesAndAnEmptyOneIsSilent() {
        assertFalse(runtime.streamPodSandboxes(StreamPodSandboxesRequest.getDefaultInstance())
                .hasNext());
        IntStream.range(0, 250).mapToObj(CriServerTest::pod).forEach(pods::add);
        var pieces = new ArrayList<Integer>();
        runtime.streamPodSandboxes(StreamPodSandboxesRequest.getDefaultInstance())
                .forEachRemaining(piece -> pieces.add(piece.getPodSandboxesCount()));
        assertEquals(List.of(100, 100, 50), pieces);
        assertEquals(
                250,
                runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                        .getItemsCount());
    }

    @Test
    void eventsArriveWithTheStatusOfTheirPod() throws Exception {
        var received = new LinkedBlockingQueue<ContainerEventResponse>();
        var context = Context.current().withCancellation();
        context.run(() -> RuntimeServiceGrpc.newStub(channel)
                .getContainerEvents(GetEventsRequest.getDefaultInstance(), new StreamObserver<>() {
                    @Override
                    public void onNext(ContainerEventResponse event) {
                        received.add(event);
                    }

                    @Override
                    public void onError(Throwable cause) {}

                    @Override
                    public void onCompleted() {}
                }));
        while (!events.hasSubscribers()) {
            Thread.sleep(10);
        }
        events.publish(new ContainerEvent("c1", ContainerEvent.Kind.STOPPED, Instant.now(), pod(1), List.of()));
        var event = received.poll(5, SECONDS);
        assertEquals("c1", event.getContainerId());
        assertEquals(ContainerEventType.CONTAINER_STOPPED_EVENT, event.getContainerEventType());
        assertEquals("10.1.0.2", event.getPodSandboxStatus().getNetwork().getIp());
        assertEquals(
                "fd00::2",
                event.getPodSandboxStatus().getNetwork().getAdditionalIps(0).getIp());
        context.cancel(null);
        for (int i = 0; events.hasSubscribers() && i < 500; i++) {
            Thread.sleep(10);
        }
        assertFalse(events.hasSubscribers(), "the subscription outlives its client");
    }

    @Test
    void aReaderOfEventsThatStopsReadingIsCutOffAndBlocksNobody() throws Exception {
        var reader = new PausedReader<GetEventsRequest, ContainerEventResponse>();
        RuntimeServiceGrpc.newStub(channel).getContainerEvents(GetEventsRequest.getDefaultInstance(), reader);
        while (!events.hasSubscribers()) {
            Thread.sleep(10);
        }
        int published = 0;
        while (events.hasSubscribers() && published < 100 * EventBus.CAPACITY) {
            events.publish(new ContainerEvent(
                    "c" + published++, ContainerEvent.Kind.STARTED, Instant.now(), pod(1), List.of()));
        }
        assertFalse(events.hasSubscribers(), "it is still waited for after " + published + " events");

        reader.goOn();

        var cut = assertThrows(ExecutionException.class, () -> reader.end.get(30, SECONDS));
        var status = Status.fromThrowable(cut.getCause());
        assertEquals(Status.Code.RESOURCE_EXHAUSTED, status.getCode());
        assertTrue(status.getDescription().contains("list anew"), status.getDescription());
        int seen = 0;
        for (var event : reader.received) {
            assertEquals("c" + seen++, event.getContainerId(), "nothing is left out before the end");
        }
    }

    @Test
    void aReaderOfAListThatStopsReadingGetsAllOfItOnceItGoesOn() throws Exception {
        IntStream.range(0, 20_000).mapToObj(CriServerTest::pod).forEach(pods::add);
        var reader = new PausedReader<StreamPodSandboxesRequest, StreamPodSandboxesResponse>();
        RuntimeServiceGrpc.newStub(channel).streamPodSandboxes(StreamPodSandboxesRequest.getDefaultInstance(), reader);

        assertEquals(
                "carafe", runtime.version(VersionRequest.getDefaultInstance()).getRuntimeName());
        reader.goOn();

        reader.end.get(30, SECONDS);
        assertEquals(
                20_000,
                reader.received.stream()
                        .mapToInt(StreamPodSandboxesResponse::getPodSandboxesCount)
                        .sum());
    }

    /** Takes no message until it is told to. */
    private static final class PausedReader<Q, A> implements ClientResponseObserver<Q, A> {
        private final List<A> received = new ArrayList<>();
        private final CompletableFuture<Void> end = new CompletableFuture<>();
        private ClientCallStreamObserver<Q> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> stream) {
            call = stream;
            stream.disableAutoRequestWithInitial(0);
        }

        void goOn() {
            call.request(Integer.MAX_VALUE);
        }

        @Override
        public void onNext(A answer) {
            received.add(answer);
        }

        @Override
        public void onError(Throwable cause) {
            end.completeExceptionally(cause);
        }

        @Override
        public void onCompleted() {
            end.complete(null);
        }
    }

    @Test
    void execSyncReturnsTwoFullStreams() {
        var response = runtime.execSync(
                ExecSyncRequest.newBuilder().setContainerId("c").addCmd("yes").build());
        assertEquals(16 * 1024 * 1024, response.getStdout().size());
        assertEquals(16 * 1024 * 1024, response.getStderr().size());
        assertEquals(7, response.getExitCode());
    }

    @Test
    void anImageThatIsNotThereIsAnEmptyAnswerAndAHandlerThatIsNotThereAnError() {
        var spec = ImageSpec.newBuilder().setImage("nginx");
        assertFalse(images.imageStatus(
                        ImageStatusRequest.newBuilder().setImage(spec).build())
                .hasImage());
        var unknown = PullImageRequest.newBuilder()
                .setImage(spec.setRuntimeHandler("kata"))
                .build();
        assertEquals(
                Status.Code.INVALID_ARGUMENT,
                failure(() -> images.pullImage(unknown)).getCode());
    }

    @Test
    void infoDescribesTheDaemon() {
        var info = CarafeGrpc.newBlockingStub(channel).info(InfoRequest.getDefaultInstance());
        assertEquals("runc", info.getDefaultRuntime());
        assertEquals(List.of("runc", "runsc"), info.getRuntimesList());
        assertEquals(ProcessHandle.current().pid(), info.getPid());
    }

    /** What a client of exec sees. */
    private static final class Output implements StreamObserver<ProcessOutput> {
        long stdoutBytes;
        final CompletableFuture<Integer> exitCode = new CompletableFuture<>();

        @Override
        public void onNext(ProcessOutput output) {
            stdoutBytes += output.getStdout().size();
            if (output.getMessageCase() == ProcessOutput.MessageCase.EXIT_CODE) {
                exitCode.complete(output.getExitCode());
            }
        }

        @Override
        public void onError(Throwable cause) {
            exitCode.completeExceptionally(cause);
        }

        @Override
        public void onCompleted() {
            exitCode.completeExceptionally(new IllegalStateException("ended without an exit code"));
        }
    }

    private static ExecRequest execStart() {
        return ExecRequest.newBuilder()
                .setStart(ExecStart.newBuilder()
                        .setContainerId("c")
                        .addCommand("cat")
                        .setStdin(true))
                .build();
    }

    @Test
    void execCarriesInputAndOutputOfAnySizeAndTheExitCode() throws Exception {
        exec = io -> {
            io.stdin().transferTo(io.stdout());
            return 42;
        };
        var output = new Output();
        var requests = CarafeGrpc.newStub(channel).exec(output);
        requests.onNext(execStart());
        var chunk = ByteString.copyFrom(new byte[64 * 1024]);
        for (int i = 0; i < 200; i++) {
            requests.onNext(ExecRequest.newBuilder().setStdin(chunk).build());
        }
        requests.onNext(ExecRequest.newBuilder()
                .setStdinClose(StdinClose.getDefaultInstance())
                .build());
        assertEquals(42, output.exitCode.get(20, SECONDS));
        assertEquals(200 * 64 * 1024, output.stdoutBytes);
    }

    @Test
    void execFailuresAndWrongOrderAreStatuses() throws Exception {
        exec = _ -> {
            throw new CarafeException.NotFound("exec: no cat in $PATH");
        };
        var output = new Output();
        CarafeGrpc.newStub(channel).exec(output).onNext(execStart());
        var cause = assertThrows(Exception.class, () -> output.exitCode.get(5, SECONDS))
                .getCause();
        assertEquals(Status.Code.NOT_FOUND, Status.fromThrowable(cause).getCode());

        var wrong = new Output();
        CarafeGrpc.newStub(channel)
                .exec(wrong)
                .onNext(ExecRequest.newBuilder()
                        .setStdin(ByteString.copyFromUtf8("x"))
                        .build());
        var refused = assertThrows(Exception.class, () -> wrong.exitCode.get(5, SECONDS))
                .getCause();
        assertEquals(Status.Code.INVALID_ARGUMENT, Status.fromThrowable(refused).getCode());
    }

    @Test
    void anExecWhoseClientLeavesIsInterrupted() throws Exception {
        var interrupted = new CompletableFuture<Boolean>();
        var started = new CountDownLatch(1);
        exec = _ -> {
            started.countDown();
            try {
                Thread.sleep(10_000);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
            return 0;
        };
        var context = Context.current().withCancellation();
        context.run(() -> CarafeGrpc.newStub(channel).exec(new Output()).onNext(execStart()));
        assertTrue(started.await(5, SECONDS));
        context.cancel(null);
        assertTrue(interrupted.get(5, SECONDS));
    }
}
