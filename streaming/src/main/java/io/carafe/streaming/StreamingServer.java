package io.carafe.streaming;

import io.carafe.base.CarafeException;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;

/**
 * Serves exec, attach and port-forward sessions to clients that come with a URL from here.
 *
 * <p>Closing the server ends all sessions.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
public final class StreamingServer implements AutoCloseable {

    /** Of a request line. */
    private static final int MAX_LINE_BYTES = 8 * 1024;

    /** Of all headers: the kubelet passes on those of its own client. */
    private static final int MAX_HEADER_BYTES = 64 * 1024;

    /** Of a request's body; real ones have none. */
    private static final int MAX_BODY_BYTES = 8 * 1024;

    private static final int EVENT_LOOPS = 2;

    /** How many beyond those that are served are told why they are not. */
    private static final int TOLD_WHY = 100;

    private final StreamingOptions options;
    private final Tokens tokens;
    private final EventLoopGroup loops;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final AtomicInteger connected = new AtomicInteger();
    private final Channel listener;

    private StreamingServer(StreamingOptions options, SslContext tls) throws InterruptedException {
        this.options = options;
        this.tokens = new Tokens(options.maxTokens(), options.tokenLife(), System::nanoTime);
        var epoll = Epoll.isAvailable();
        this.loops = new MultiThreadIoEventLoopGroup(
                EVENT_LOOPS,
                new DefaultThreadFactory("streaming", true),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        var bound = new ServerBootstrap()
                .group(loops)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(64 * 1024, 256 * 1024))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        initConnection(channel, tls);
                    }
                })
                .bind(options.bind())
                .await();
        if (!bound.isSuccess()) {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw new CarafeException.FailedPrecondition(
                    "streaming server: listen on " + options.bind() + ": "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        this.listener = bound.channel();
    }

    /**
     * Binds the address.
     *
     * @throws CarafeException.FailedPrecondition if it is in use, or the certificate cannot be read
     * @throws CarafeException.InvalidArgument if URLs would not name a host
     */
    public static StreamingServer start(StreamingOptions options) {
        if (options.advertisedHost() == null && options.bind().getAddress().isAnyLocalAddress()) {
            throw new CarafeException.InvalidArgument("streaming server: it listens on every address (" + options.bind()
                    + "), so the host that clients connect to must be configured");
        }
        try {
            return new StreamingServer(options, tlsContext(options.tls()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("streaming server: interrupted while binding " + options.bind());
        }
    }

    private static SslContext tlsContext(StreamingOptions.Tls tls) {
        if (tls == null) {
            return null;
        }
        try {
            return SslContextBuilder.forServer(
                            tls.certificate().toFile(), tls.key().toFile())
                    .protocols("TLSv1.3", "TLSv1.2")
                    .build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new CarafeException.FailedPrecondition(
                    "streaming server: certificate " + tls.certificate() + " with key " + tls.key() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private void initConnection(SocketChannel channel, SslContext tls) {
        connections.add(channel);
        channel.closeFuture().addListener(_ -> connected.decrementAndGet());
        int over = connected.incrementAndGet() - options.maxConnections();
        if (over > TOLD_WHY) {
            channel.close();
            return;
        }
        var pipeline = channel.pipeline();
        if (tls != null) {
            pipeline.addLast(tls.newHandler(channel.alloc()));
        }
        var flow = new Flow(channel);
        pipeline.addLast(
                new IdleStateHandler(0, 0, options.idle().toMillis(), TimeUnit.MILLISECONDS),
                flow,
                new HttpServerCodec(MAX_LINE_BYTES, MAX_HEADER_BYTES, MAX_BODY_BYTES),
                new HttpObjectAggregator(MAX_BODY_BYTES, true),
                new UpgradeHandler(tokens, options, flow, over > 0));
    }

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /**
     * Offers the running of a command.
     *
     * @return the URL that a client opens, once and soon
     */
    public String exec(ProcessStreams streams, ExecHandler handler) {
        return url(new Session.Command("exec", streams, handler));
    }

    /** Offers to join a process that runs. */
    public String attach(ProcessStreams streams, AttachHandler handler) {
        return url(new Session.Command("attach", streams, io -> {
            handler.attach(io);
            return 0;
        }));
    }

    /**
     * Offers connections to ports.
     *
     * @param ports for clients that cannot name ports themselves (WebSocket channels); may be empty
     */
    public String portForward(List<Integer> ports, PortForwardHandler handler) {
        return url(new Session.PortForward(List.copyOf(ports), handler));
    }

    private String url(Session session) {
        var host = options.advertisedHost() != null
                ? options.advertisedHost()
                : options.bind().getAddress().getHostAddress();
        var bracketed = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
        return (options.tls() == null ? "http" : "https") + "://" + bracketed + ":" + port() + "/" + session.path()
                + "/" + tokens.issue(session);
    }

    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        connections.close().awaitUninterruptibly();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
