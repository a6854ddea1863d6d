package io.carafe.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carafe.streaming.spdy.SpdyCodec;
import io.carafe.streaming.spdy.SpdyConnection;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The one HTTP request of a connection: finds the session of its token and replaces HTTP by the transport that the client
 * asks for.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
final class UpgradeHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    /** A SPDY connection inside a WebSocket. */
    static final String TUNNEL = "SPDY/3.1+" + SpdyPortForward.PROTOCOL;

    private static final String SPDY = "SPDY/3.1";
    private static final String PROTOCOL_HEADER = "X-Stream-Protocol-Version";
    private static final String ACCEPTED_HEADER = "X-Accepted-Stream-Protocol-Versions";

    private final Tokens tokens;
    private final StreamingOptions options;
    private final Flow flow;
    private final boolean full;
    private Future<?> timeout;

    /** @param full whether the server has as many other connections as it may */
    UpgradeHandler(Tokens tokens, StreamingOptions options, Flow flow, boolean full) {
        this.full = full;
        this.tokens = tokens;
        this.options = options;
        this.flow = flow;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timeout = ctx.executor().schedule(() -> ctx.close(), options.creation().toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        timeout.cancel(false);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            refuse(ctx, HttpResponseStatus.BAD_REQUEST, "malformed request");
            return;
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.POST)) {
            refuse(ctx, HttpResponseStatus.METHOD_NOT_ALLOWED, "GET or POST only");
            return;
        }
        if (full) {
            refuse(
                    ctx,
                    HttpResponseStatus.SERVICE_UNAVAILABLE,
                    options.maxConnections() + " clients are connected to the streaming server, the most that"
                            + " max_connections allows; try again when some sessions have ended");
            return;
        }
        var session = session(request.uri());
        if (session.isEmpty()) {
            refuse(ctx, HttpResponseStatus.NOT_FOUND, "no such session, or its token was used or is too old");
            return;
        }
        var upgrade = request.headers().get(HttpHeaderNames.UPGRADE, "");
        if (!request.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)) {
            refuse(ctx, HttpResponseStatus.BAD_REQUEST, "unable to upgrade: no \"Connection: Upgrade\"");
        } else if (upgrade.equalsIgnoreCase(SPDY)) {
            upgradeToSpdy(ctx, request, session.get());
        } else if (upgrade.equalsIgnoreCase("websocket")) {
            upgradeToWebSocket(ctx, request, session.get());
        } else {
            refuse(ctx, HttpResponseStatus.BAD_REQUEST, "unable to upgrade: neither SPDY/3.1 nor websocket asked for");
        }
    }

    /** From {@code /exec/TOKEN} and its sisters; a query is ignored. */
    private Optional<Session> session(String uri) {
        var query = uri.indexOf('?');
        var parts = (query < 0 ? uri : uri.substring(0, query)).split("/", -1);
        return parts.length == 3 && parts[0].isEmpty() ? tokens.consume(parts[1], parts[2]) : Optional.empty();
    }

    private void upgradeToSpdy(ChannelHandlerContext ctx, FullHttpRequest request, Session session) {
        var offered = offered(request.headers(), PROTOCOL_HEADER);
        var accepted = switch (session) {
            case Session.Command _ ->
                CommandProtocol.SPDY.stream().map(CommandProtocol::wireName).toList();
            case Session.PortForward _ -> List.of(SpdyPortForward.PROTOCOL);
        };
        if (offered.isEmpty()) {
            refuse(ctx, HttpResponseStatus.BAD_REQUEST, "unable to upgrade: no " + PROTOCOL_HEADER);
            return;
        }
        var chosen = offered.stream().filter(accepted::contains).findFirst();
        if (chosen.isEmpty()) {
            refuseProtocols(ctx, offered, accepted);
            return;
        }
        var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
        response.headers()
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.UPGRADE, SPDY)
                .set(PROTOCOL_HEADER, chosen.get());
        ctx.writeAndFlush(response);
        addSpdy(ctx, session, chosen.get());
        // The codec goes last: it hands on what it has read already, and that is SPDY.
        ctx.pipeline().remove(HttpObjectAggregator.class);
        ctx.pipeline().remove(this);
        ctx.pipeline().remove(HttpServerCodec.class);
    }

    private void addSpdy(ChannelHandlerContext ctx, Session session, String protocol) {
        var connection = switch (session) {
            case Session.Command command -> {
                var version = CommandProtocol.SPDY.stream()
                        .filter(candidate -> candidate.wireName().equals(protocol))
                        .findFirst()
                        .orElseThrow();
                yield new SpdyCommand(command, version, ctx.channel(), flow, options.creation()).connection();
            }
            case Session.PortForward forward ->
                new SpdyConnection(
                        ctx.channel(), flow, new SpdyPortForward(forward, ctx.channel(), options.creation()));
        };
        ctx.pipeline().addLast(new SpdyCodec(), connection);
    }

    private void upgradeToWebSocket(ChannelHandlerContext ctx, FullHttpRequest request, Session session) {
        var offered = offered(request.headers(), HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL.toString());
        var accepted = switch (session) {
            case Session.Command _ -> WebSocketSessions.COMMAND.keySet();
            case Session.PortForward _ ->
                Stream.concat(Stream.of(TUNNEL), WebSocketSessions.PORT_FORWARD.keySet().stream())
                        .toList();
        };
        var chosen = offered.stream().filter(accepted::contains).findFirst().orElse("");
        if (!offered.isEmpty() && chosen.isEmpty()) {
            refuseProtocols(ctx, offered, accepted);
            return;
        }
        if (session instanceof Session.PortForward forward && forward.ports().isEmpty() && !chosen.equals(TUNNEL)) {
            refuse(ctx, HttpResponseStatus.BAD_REQUEST, "unable to upgrade: the session names no ports to forward");
            return;
        }
        var config = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(WebSocketChannels.MAX_MESSAGE_BYTES)
                .allowExtensions(false)
                .build();
        var handshaker =
                new WebSocketServerHandshakerFactory(null, String.join(",", accepted), config).newHandshaker(request);
        if (handshaker == null) {
            refuse(ctx, HttpResponseStatus.UPGRADE_REQUIRED, "only version 13 of WebSocket is spoken here");
            return;
        }
        handshaker.handshake(ctx.channel(), request).addListener(handshake -> {
            if (handshake.isSuccess()) {
                addWebSocket(ctx, session, chosen);
            } else {
                ctx.close();
            }
        });
    }

    private void addWebSocket(ChannelHandlerContext ctx, Session session, String protocol) {
        var pipeline = ctx.pipeline();
        if (protocol.equals(TUNNEL)) {
            pipeline.addLast(new WebSocketTunnel());
            addSpdy(ctx, session, SpdyPortForward.PROTOCOL);
            pipeline.remove(this);
            return;
        }
        var start = switch (session) {
            case Session.Command command -> {
                var variant = WebSocketSessions.COMMAND.getOrDefault(
                        protocol, new WebSocketSessions.Variant(CommandProtocol.V1, false));
                var channels = addChannels(ctx, variant);
                yield WebSocketSessions.command(command, variant, ctx.channel(), channels);
            }
            case Session.PortForward forward -> {
                var variant = WebSocketSessions.PORT_FORWARD.getOrDefault(
                        protocol, new WebSocketSessions.Variant(CommandProtocol.V4, false));
                yield WebSocketSessions.portForward(forward, addChannels(ctx, variant));
            }
        };
        pipeline.remove(this);
        start.run();
    }

    private WebSocketChannels addChannels(ChannelHandlerContext ctx, WebSocketSessions.Variant variant) {
        var channels =
                new WebSocketChannels(ctx.channel(), flow, variant.base64(), variant.protocol() == CommandProtocol.V5);
        ctx.pipeline().addLast(new WebSocketFrameAggregator(WebSocketChannels.MAX_MESSAGE_BYTES), channels);
        return channels;
    }

    /** Values of a header that may be repeated or a comma list, in the client's order of preference. */
    private static List<String> offered(HttpHeaders headers, String name) {
        return headers.getAll(name).stream()
                .flatMap(value -> Stream.of(value.split(",")))
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
    }

    private static void refuseProtocols(ChannelHandlerContext ctx, List<String> offered, Collection<String> accepted) {
        var response = response(
                HttpResponseStatus.FORBIDDEN,
                "unable to upgrade: none of the protocols " + offered + " is among " + accepted);
        response.headers().set(ACCEPTED_HEADER, accepted);
        ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    private static void refuse(ChannelHandlerContext ctx, HttpResponseStatus status, String message) {
        ctx.writeAndFlush(response(status, message)).addListener(ChannelFutureListener.CLOSE);
    }

    private static DefaultFullHttpResponse response(HttpResponseStatus status, String message) {
        var response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(message + "\n", UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        return response;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.log(System.Logger.Level.DEBUG, () -> "streaming " + ctx.channel() + ": " + cause.getMessage());
        ctx.close();
    }
}
