package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.base.SocketFile;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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

    /** @param bound where the socket is made; it gets its name when it is ready */
    private CriServer(
            Path socket,
            Path bound,
            CompletableFuture<Services> services,
            CallTimings timings,
            Optional<CallTraces> traces,
            int maxCalls,
            Node node)
            throws IOException {
        var limit = new CallLimit(maxCalls);
        this.socket = socket;
        this.loops =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("grpc", true), EpollIoHandler.newFactory());
        var builder = NettyServerBuilder.forAddress(new DomainSocketAddress(bound.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                // gRPC asks for it on every channel, and a Unix socket logs a warning for each connection.
                .withChildOption(ChannelOption.SO_KEEPALIVE, null)
                .executor(calls)
                .maxInboundMessageSize(MAX_REQUEST_BYTES)
                .intercept(new CallInterceptor())
                .intercept(limit)
                .addTransportFilter(limit)
                .addService(VersionCall.answering(node.version()))
                .fallbackHandlerRegistry(new ServicesToCome(services));
        if (!timings.equals(CallTimings.NONE)) {
            builder.intercept(new TimingInterceptor(timings)); // the last is the outermost
        }
        traces.ifPresent(told -> builder.intercept(new TracingInterceptor(told)));
        this.server = builder.build().start();
    }

    /** Loads what {@link #start} needs of Netty and gRPC, which may be done before anything is known of the socket. */
    public static void load() {
        Epoll.ensureAvailability();
        NettyServerBuilder.forAddress(new DomainSocketAddress("")).channelType(EpollServerDomainSocketChannel.class);
        var _ = PooledByteBufAllocator.DEFAULT;
    }

    /**
     * Binds the socket, replacing one that nobody serves any more. Who sees it sees it with its mode, 0660.
     *
     * @param services may come later: Version is answered at once, other calls wait
     * @throws CarafeException.FailedPrecondition if somebody serves it, or it cannot be made
     */
    public static CriServer start(Path socket, CompletableFuture<Services> services, CallTimings timings, Node node) {
        return start(socket, services, timings, Optional.empty(), Integer.MAX_VALUE, node);
    }

    /**
     * @param traces learns of every call, if there is anybody who wants to
     * @param maxCalls how many of one connection may be under way at a time; others are refused
     */
    public static CriServer start(
            Path socket,
            CompletableFuture<Services> services,
            CallTimings timings,
            Optional<CallTraces> traces,
            int maxCalls,
            Node node) {
        var bound = socket.resolveSibling(socket.getFileName() + "~");
        if (bound.toString().length() > MAX_SOCKET_PATH) {
            throw new CarafeException.InvalidArgument(
                    "socket " + socket + ": the kernel allows " + (MAX_SOCKET_PATH - 1) + " bytes in its path");
        }
        try {
            Files.createDirectories(socket.toAbsolutePath().getParent());
            if (SocketFile.isServed(socket)) {
                throw new CarafeException.FailedPrecondition("socket " + socket + ": another daemon serves it");
            }
            Files.deleteIfExists(bound);
            var server = new CriServer(socket, bound, services, timings, traces, maxCalls, node);
            Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-rw----"));
            Files.move(bound, socket, StandardCopyOption.ATOMIC_MOVE);
            return server;
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("socket " + socket + ": " + e.getMessage(), e);
        }
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
