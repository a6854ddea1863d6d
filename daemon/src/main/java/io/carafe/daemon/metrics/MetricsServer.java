package io.carafe.daemon.metrics;

import io.carafe.base.CarafeException;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Serves {@code GET /metrics} over HTTP, on an address or a Unix socket. */
public final class MetricsServer implements AutoCloseable {

    /** Of a request's body; real ones have none. */
    private static final int MAX_BODY_BYTES = 8 * 1024;

    /** A scraper comes every few seconds; what says nothing for longer is not one. */
    private static final int IDLE_SECONDS = 90;

    private final EventLoopGroup loops;
    private final Channel listener;

    private MetricsServer(SocketAddress address, DaemonMetrics metrics) throws InterruptedException {
        this.loops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("metrics", true), EpollIoHandler.newFactory());
        var bound = new ServerBootstrap()
                .group(loops)
                .channel(
                        address instanceof DomainSocketAddress
                                ? EpollServerDomainSocketChannel.class
                                : EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new ReadTimeoutHandler(IDLE_SECONDS),
                                        new HttpServerCodec(),
                                        new HttpObjectAggregator(MAX_BODY_BYTES, true),
                                        new ScrapeHandler(metrics.registry()));
                    }
                })
                .bind(address)
                .await();
        if (!bound.isSuccess()) {
            close(loops);
            throw new CarafeException.FailedPrecondition(
                    "metrics: listen on " + text(address) + ": " + bound.cause().getMessage()
                            + "; metrics.address says where",
                    bound.cause());
        }
        this.listener = bound.channel();
    }

    /**
     * Binds the address. A socket file that is there is replaced: the daemon's lock says that nobody serves it.
     *
     * @param address as {@link MetricsAddress} reads it
     * @throws CarafeException.FailedPrecondition if it is in use, or not this node's
     */
    public static MetricsServer start(SocketAddress address, DaemonMetrics metrics) {
        try {
            if (address instanceof DomainSocketAddress socket) {
                prepare(Path.of(socket.path()));
                return new MetricsServer(socket, metrics);
            }
            var unresolved = (InetSocketAddress) address;
            var resolved = new InetSocketAddress(unresolved.getHostString(), unresolved.getPort());
            if (resolved.isUnresolved()) {
                throw new CarafeException.FailedPrecondition(
                        "metrics: the host of metrics.address " + text(address) + " is unknown");
            }
            return new MetricsServer(resolved, metrics);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("metrics: interrupted while binding " + text(address));
        }
    }

    private static void prepare(Path socket) {
        try {
            Files.createDirectories(socket.getParent());
            if (Files.exists(socket) && Files.isRegularFile(socket)) {
                throw new CarafeException.FailedPrecondition(
                        "metrics: listen on " + socket + ": there is a file of that name");
            }
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("metrics: listen on " + socket + ": " + e, e);
        }
    }

    /** The port it listens on; 0 on a Unix socket. */
    public int port() {
        return listener.localAddress() instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }

    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        close(loops);
        if (listener.localAddress() instanceof DomainSocketAddress socket) {
            remove(Path.of(socket.path()));
        }
    }

    private static void remove(Path socket) {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            System.getLogger("io.carafe.daemon").log(System.Logger.Level.WARNING, "remove socket " + socket, e);
        }
    }

    private static void close(EventLoopGroup loops) {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private static String text(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet.getHostString() + ":" + inet.getPort()
                : address.toString();
    }
}
