package io.carafe.cri;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.engine.Containers;
import io.carafe.engine.Engine;
import io.carafe.engine.Pods;
import io.carafe.engine.event.EventBus;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.EngineStatus;
import io.carafe.engine.model.ExecResult;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStatus;
import io.carafe.image.pull.PullSources;
import io.carafe.proto.cri.v1.ImageServiceGrpc;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.storage.Storage;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The CRI over its socket, from an engine that is scripted, and a client's connection to it. */
abstract class ServedCri {

    interface Run {
        String pod(Deadline deadline);
    }

    interface Exec {
        int run(ProcessIo io) throws Exception;
    }

    @TempDir
    Path directory;

    final EventBus events = new EventBus();
    final List<PodStatus> pods = new ArrayList<>();
    final List<String> podCidrs = new ArrayList<>();
    final BlockingQueue<String> timed = new LinkedBlockingQueue<>();
    final CallTimings timings = (operation, elapsed, code) -> timed.add(operation + " " + code);
    volatile Run run = _ -> "pod-1";
    volatile Exec exec = _ -> 0;
    volatile Supplier<String> create = () -> "container-1";
    Path socket;
    Storage storage;
    ImageService store;
    CriServer server;
    EventLoopGroup loops;
    ManagedChannel channel;
    RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime;
    ImageServiceGrpc.ImageServiceBlockingStub images;

    @BeforeEach
    void start() throws Exception {
        Files.writeString(directory.resolve("registries.conf"), "");
        Files.writeString(directory.resolve("policy.json"), "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}");
        storage = Storage.open(directory.resolve("root"), Storage.Kind.COPY);
        store = ImageService.open(
                directory.resolve("root/images"),
                storage,
                PullSources.load(
                        directory.resolve("registries.conf"),
                        directory.resolve("policy.json"),
                        directory.resolve("registries.d"),
                        directory.resolve("policies")));
        socket = directory.resolve("carafe.sock");
        server = serve();
        loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        channel = channelTo(socket);
        runtime = RuntimeServiceGrpc.newBlockingStub(channel);
        images = ImageServiceGrpc.newBlockingStub(channel);
    }

    ManagedChannel channelTo(Path socket) {
        return NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .eventLoopGroup(loops)
                .channelType(EpollDomainSocketChannel.class)
                .maxInboundMessageSize(64 * 1024 * 1024)
                .usePlaintext()
                .build();
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

    CriServer serve() {
        return CriServer.start(socket, CompletableFuture.completedFuture(services()), timings, node());
    }

    Node node() {
        return new Node("0.1.0", directory, directory.resolve("run"), Node.CgroupDriver.CGROUPFS, "v2", Instant.EPOCH);
    }

    Services services() {
        var podCalls = Scripted.of(
                Pods.class, Map.of("run", arguments -> run.pod((Deadline) arguments[1]), "list", _ -> pods));
        var containerCalls = Scripted.of(
                Containers.class,
                Map.of(
                        "create",
                        _ -> create.get(),
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
        return new Services(engine, store, null, null, node());
    }

    static RunPodSandboxRequest podRequest() {
        return RunPodSandboxRequest.newBuilder()
                .setConfig(PodSandboxConfig.newBuilder()
                        .setMetadata(PodSandboxMetadata.newBuilder()
                                .setName("web")
                                .setNamespace("default")
                                .setUid("u")))
                .build();
    }

    static Status failure(Runnable call) {
        return assertThrows(StatusRuntimeException.class, call::run).getStatus();
    }

    static PodStatus pod(int number) {
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
}
