package io.carafe.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.List;

/** A connection inside a WebSocket: its bytes are the binary messages, whose boundaries mean nothing. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
final class WebSocketTunnel extends MessageToMessageCodec<WebSocketFrame, ByteBuf> {

    private final Pongs pongs = new Pongs();

    @Override
    protected void decode(ChannelHandlerContext ctx, WebSocketFrame frame, List<Object> out) {
        switch (frame) {
            case BinaryWebSocketFrame _, ContinuationWebSocketFrame _ ->
                out.add(frame.content().retain());
            case PingWebSocketFrame ping -> pongs.answer(ctx, ping);
            case CloseWebSocketFrame _ -> ctx.close();
            default -> {
                // Pong, or text that no client of a tunnel sends.
            }
        }
    }

    @Override
    protected void encode(ChannelHandlerContext ctx, ByteBuf bytes, List<Object> out) {
        out.add(new BinaryWebSocketFrame(bytes.retain()));
    }
}
