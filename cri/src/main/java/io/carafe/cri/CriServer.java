package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.engine.Engine;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.stats.Stats;
import io.carafe.proto.carafe.v1.CarafeGrpc;
import io.carafe.proto.cri.v1.ImageServiceGrpc;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.streaming.StreamingServer;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The daemon's socket: the CRI and {@code carafe.v1} over gRPC, for root and the socket's group.
 *
 * <p>Every call runs on a virtual thread of its own. Closing the server lets calls in flight end, within a limit.
 */
public final class CriServer implements AutoCloseable {

    /** Of a request: the kubelet sends a few kB, secrets and config maps do not travel here. */
    private static final int MAX_REQUEST_BYTES = 16 * 1024 * 1024;

    /** sun_path of unix(7), less the final NUL. */
    private static final int MAX_SOCKET_PATH = 107;

    private static final long CLOSE_SECONDS = 5;

    private final Path socket;
    private final EventLoopGroup loops;
    private final ExecutorService calls =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("call").factory());
    private final Server server;

    private CriServer(
            Path socket,
            Engine engine,
            ImageService images,
            Stats stats,
            StreamingServer streaming,
            CallTimings timings,
            Node node)
            throws IOException {
        this.socket = socket;
        this.loops =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("grpc", true), EpollIoHandler.newFactory());
        var names = new ImageNames(images);
        var builder = NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                // gRPC asks for it on every channel, and a Unix socket logs a warning for each connection.
                .withChildOption(ChannelOption.SO_KEEPALIVE, null)
                .executor(calls)
                .maxInboundMessageSize(MAX_REQUEST_BYTES)
                .intercept(new CallInterceptor())
                .addService(new CriRuntimeService(
                        new PodCalls(engine, names),
                        new ContainerCalls(engine, names),
                        new StreamingCalls(engine, streaming),
                        new StatusCalls(engine, node),
                        new StatsCalls(stats),
                        new EventCalls(engine, names)))
                .addService(new CriImageService(new ImageCalls(engine, images, stats)))
                .addService(new CarafeService(engine, images, node));
        if (!timings.equals(CallTimings.NONE)) {
            builder.intercept(new TimingInterceptor(timings)); // the last is the outermost
        }
        this.server = builder.build().start();
    }

    /**
     * Makes the descriptions of the services, which {@link #start} would make otherwise: they hold every message of the
     * CRI, so it takes a while and may be done while other things are.
     */
    public static void describeServices() {
        RuntimeServiceGrpc.getServiceDescriptor();
        ImageServiceGrpc.getServiceDescriptor();
        CarafeGrpc.getServiceDescriptor();
    }

    /**
     * Binds the socket, replacing one that nobody serves any more, and gives it mode 0660.
     *
     * @throws CarafeException.FailedPrecondition if somebody serves it, or it cannot be made
     */
    public static CriServer start(
            Path socket,
            Engine engine,
            ImageService images,
            Stats stats,
            StreamingServer streaming,
            CallTimings timings,
            Node node) {
        if (socket.toString().length() > MAX_SOCKET_PATH) {
            throw new CarafeException.InvalidArgument(
                    "socket " + socket + ": the kernel allows " + MAX_SOCKET_PATH + " bytes in its path");
        }
        try {
            Files.createDirectories(socket.toAbsolutePath().getParent());
            removeStale(socket);
            var server = new CriServer(socket, engine, images, stats, streaming, timings, node);
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw----"));
            return server;
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("socket " + socket + ": " + e.getMessage(), e);
        }
    }

    private static void removeStale(Path socket) throws IOException {
        if (!Files.exists(socket)) {
            return;
        }
        try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException nobodyListens) {
            Files.delete(socket);
            return;
        }
        throw new CarafeException.FailedPrecondition("socket " + socket + ": another daemon serves it");
    }

    @Override
    public void close() {
        server.shutdown();
        try {
            if (!server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                server.shutdownNow();
            }
            Files.deleteIfExists(socket);
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            System.getLogger("io.carafe.cri").log(System.Logger.Level.WARNING, "remove socket " + socket, e);
        }
        calls.shutdown();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
