package io.carafe.bench;

import com.google.protobuf.ByteString;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerStatsFilter;
import io.carafe.proto.cri.v1.ContainerStatus;
import io.carafe.proto.cri.v1.ContainerStatusRequest;
import io.carafe.proto.cri.v1.CreateContainerRequest;
import io.carafe.proto.cri.v1.ExecSyncRequest;
import io.carafe.proto.cri.v1.ExecSyncResponse;
import io.carafe.proto.cri.v1.ImageServiceGrpc;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.ListContainerStatsRequest;
import io.carafe.proto.cri.v1.ListContainersRequest;
import io.carafe.proto.cri.v1.ListImagesRequest;
import io.carafe.proto.cri.v1.ListPodSandboxRequest;
import io.carafe.proto.cri.v1.PodSandbox;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxStatus;
import io.carafe.proto.cri.v1.PodSandboxStatusRequest;
import io.carafe.proto.cri.v1.PullImageRequest;
import io.carafe.proto.cri.v1.RemoveContainerRequest;
import io.carafe.proto.cri.v1.RemoveImageRequest;
import io.carafe.proto.cri.v1.RemovePodSandboxRequest;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.proto.cri.v1.StartContainerRequest;
import io.carafe.proto.cri.v1.StatusRequest;
import io.carafe.proto.cri.v1.StopContainerRequest;
import io.carafe.proto.cri.v1.StopPodSandboxRequest;
import io.carafe.proto.cri.v1.VersionRequest;
import io.carafe.proto.cri.v1.VersionResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A blocking client of the CRI on a Unix socket, as the kubelet is one: every daemon is spoken to in the same words. */
final class Cri implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration PULL_LIMIT = Duration.ofMinutes(10);

    /** It warns that a Unix socket has no SO_KEEPALIVE, once per connection; held here so that its level stays. */
    private static final Logger BOOTSTRAP = Logger.getLogger("io.netty.bootstrap");

    static {
        BOOTSTRAP.setLevel(Level.SEVERE);
    }

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel channel;

    Cri(Path socket) {
        channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .eventLoopGroup(loop)
                .channelType(EpollDomainSocketChannel.class)
                .overrideAuthority("localhost")
                .usePlaintext()
                .maxInboundMessageSize(16 << 20)
                .build();
    }

    private RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
        return RuntimeServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .withWaitForReady();
    }

    private ImageServiceGrpc.ImageServiceBlockingStub imageService() {
        return ImageServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(PULL_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .withWaitForReady();
    }

    VersionResponse version() {
        return runtime().version(VersionRequest.getDefaultInstance());
    }

    /** Whether the daemon says it can take pods; what it says beyond that, of handlers that are not used here, is no matter. */
    boolean ready() {
        return runtime().status(StatusRequest.getDefaultInstance()).getStatus().getConditionsList().stream()
                .filter(condition -> condition.getType().equals("RuntimeReady")
                        || condition.getType().equals("NetworkReady"))
                .allMatch(condition -> condition.getStatus());
    }

    String pull(String image) {
        return imageService()
                .pullImage(PullImageRequest.newBuilder().setImage(spec(image)).build())
                .getImageRef();
    }

    void removeImage(String image) {
        imageService()
                .removeImage(
                        RemoveImageRequest.newBuilder().setImage(spec(image)).build());
    }

    int images() {
        return imageService().listImages(ListImagesRequest.getDefaultInstance()).getImagesCount();
    }

    String runPod(PodSandboxConfig config) {
        return runtime()
                .runPodSandbox(
                        RunPodSandboxRequest.newBuilder().setConfig(config).build())
                .getPodSandboxId();
    }

    String create(String pod, PodSandboxConfig podConfig, ContainerConfig config) {
        return runtime()
                .createContainer(CreateContainerRequest.newBuilder()
                        .setPodSandboxId(pod)
                        .setSandboxConfig(podConfig)
                        .setConfig(config)
                        .build())
                .getContainerId();
    }

    void start(String container) {
        runtime()
                .startContainer(StartContainerRequest.newBuilder()
                        .setContainerId(container)
                        .build());
    }

    ExecSyncResponse exec(String container, String... command) {
        return runtime()
                .execSync(ExecSyncRequest.newBuilder()
                        .setContainerId(container)
                        .addAllCmd(List.of(command))
                        .setTimeout(30)
                        .build());
    }

    /** Text as a command printed it. */
    static String text(ByteString bytes) {
        return bytes.toStringUtf8();
    }

    void stop(String container, Duration grace) {
        runtime()
                .stopContainer(StopContainerRequest.newBuilder()
                        .setContainerId(container)
                        .setTimeout(grace.toSeconds())
                        .build());
    }

    void remove(String container) {
        runtime()
                .removeContainer(RemoveContainerRequest.newBuilder()
                        .setContainerId(container)
                        .build());
    }

    void stopPod(String pod) {
        runtime()
                .stopPodSandbox(
                        StopPodSandboxRequest.newBuilder().setPodSandboxId(pod).build());
    }

    void removePod(String pod) {
        runtime()
                .removePodSandbox(RemovePodSandboxRequest.newBuilder()
                        .setPodSandboxId(pod)
                        .build());
    }

    PodSandboxStatus podStatus(String pod) {
        return runtime()
                .podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                        .setPodSandboxId(pod)
                        .build())
                .getStatus();
    }

    ContainerStatus containerStatus(String container) {
        return runtime()
                .containerStatus(ContainerStatusRequest.newBuilder()
                        .setContainerId(container)
                        .build())
                .getStatus();
    }

    List<PodSandbox> pods() {
        return runtime()
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList();
    }

    List<io.carafe.proto.cri.v1.Container> containers() {
        return runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList();
    }

    int containerStats() {
        return runtime()
                .listContainerStats(ListContainerStatsRequest.newBuilder()
                        .setFilter(ContainerStatsFilter.getDefaultInstance())
                        .build())
                .getStatsCount();
    }

    private static ImageSpec spec(String image) {
        return ImageSpec.newBuilder().setImage(image).build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        var _ = loop.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
    }
}
