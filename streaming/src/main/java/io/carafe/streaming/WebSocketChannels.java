package io.carafe.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Several streams in the messages of one WebSocket: the first byte of a message is the number of its channel, the rest
 * are bytes of that channel.
 *
 * <p>With base64 the messages are text: one digit, then base64. In v5 a message {@code [255, n]} from the client closes
 * its half of channel n.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
final class WebSocketChannels extends SimpleChannelInboundHandler<WebSocketFrame> {

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    /** Of a message, all fragments together. Clients send 32 KiB at most. */
    static final int MAX_MESSAGE_BYTES = 1024 * 1024;

    private static final int CLOSE_SIGNAL = 255;

    private final Channel channel;
    private final Flow flow;
    private final boolean base64;
    private final boolean halfCloses;
    private final Map<Integer, BytePipe> inputs = new HashMap<>();
    private final Pongs pongs = new Pongs();
    private Runnable onClosed = () -> {};

    WebSocketChannels(Channel channel, Flow flow, boolean base64, boolean halfCloses) {
        this.channel = channel;
        this.flow = flow;
        this.base64 = base64;
        this.halfCloses = halfCloses;
    }

    /** To be called before the handler sees messages, like {@link #onClosed}. */
    BytePipe input(int number) {
        var pipe = new BytePipe(flow);
        inputs.put(number, pipe);
        return pipe;
    }

    /** Closing it tells the client nothing: these protocols have no word for that. */
    Outlet output(int number) {
        return new Outlet(channel, flow, content -> message(number, content), () -> {});
    }

    void onClosed(Runnable action) {
        onClosed = action;
    }

    private WebSocketFrame message(int number, ByteBuf content) {
        if (!base64) {
            return new BinaryWebSocketFrame(
                    Unpooled.wrappedBuffer(channel.alloc().buffer(1).writeByte(number), content));
        }
        try {
            var encoded = Base64.getEncoder().encodeToString(ByteBufUtil.getBytes(content));
            return new TextWebSocketFrame(number + encoded);
        } finally {
            content.release();
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
        switch (frame) {
            case PingWebSocketFrame ping -> pongs.answer(ctx, ping);
            case CloseWebSocketFrame close ->
                ctx.writeAndFlush(new CloseWebSocketFrame(
                                close.isFinalFragment(),
                                close.rsv(),
                                close.content().retain()))
                        .addListener(_ -> ctx.close());
            case PongWebSocketFrame _ -> {
                // An answer to nothing that was asked, or a client's own heartbeat.
            }
            default -> receive(ByteBufUtil.getBytes(frame.content()));
        }
    }

    private void receive(byte[] message) {
        if (message.length == 0) {
            return;
        }
        var first = message[0] & 0xFF;
        if (halfCloses && first == CLOSE_SIGNAL && message.length == 2) {
            var input = inputs.get(message[1] & 0xFF);
            if (input != null) {
                input.end();
            }
            return;
        }
        var input = inputs.get(base64 ? first - '0' : first);
        var content = Arrays.copyOfRange(message, 1, message.length);
        if (input == null) {
            return;
        }
        try {
            input.offer(base64 ? Base64.getDecoder().decode(content) : content);
        } catch (IllegalArgumentException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "websocket " + channel + ": bad base64: " + e.getMessage());
            Farewell.say(channel, new CloseWebSocketFrame(WebSocketCloseStatus.INVALID_PAYLOAD_DATA));
        }
    }

    /** Ends the connection in good order, after all that was written before. */
    void leave() {
        flow.execute(() -> Farewell.say(channel, new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE)));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        inputs.values().forEach(input -> input.fail(new IOException("the client has closed the connection")));
        onClosed.run();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.log(System.Logger.Level.DEBUG, () -> "websocket " + channel + ": " + cause.getMessage());
        ctx.close();
    }
}
