package io.carafe.streaming;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;

/**
 * The answers to a client's pings. It asks for each by a few bytes, and those that it does not read wait here, so one that
 * asks on and on is left (CVE-2019-9512 in another protocol). Of the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
final class Pongs {

    /** Not read by the client yet. */
    static final int MAX_UNREAD = 1024;

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    private int unread;

    void answer(ChannelHandlerContext ctx, PingWebSocketFrame ping) {
        if (++unread > MAX_UNREAD) {
            LOG.log(System.Logger.Level.DEBUG, "websocket {0}: the client does not read the answers", ctx.channel());
            ctx.close();
            return;
        }
        ctx.writeAndFlush(new PongWebSocketFrame(ping.content().retain())).addListener(_ -> unread--);
    }
}
