package io.carafe.streaming;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.streaming.spdy.SpdyConnection;
import io.carafe.streaming.spdy.SpdyFrame;
import io.carafe.streaming.spdy.SpdyStream;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Clients that ask without end and read no answer: what they ask for would pile up here. */
class UnreadAnswersTest {

    private static final int ENOUGH = 100_000;

    /** What is written neither goes out nor fails, as with a socket that is full. */
    private static final class FullSocket extends ChannelOutboundHandlerAdapter {
        private int written;

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            written++;
            io.netty.util.ReferenceCountUtil.release(message);
        }
    }

    private final FullSocket socket = new FullSocket();
    private final EmbeddedChannel channel = new EmbeddedChannel(socket);
    private final Flow flow = new Flow(channel);

    private final SpdyConnection spdy = new SpdyConnection(channel, flow, new SpdyConnection.Acceptor() {
        @Override
        public boolean accept(SpdyStream stream) {
            return true;
        }

        @Override
        public void reset(SpdyStream stream) {}

        @Override
        public void closed() {}
    });

    private void assertEnds(int most, IntFunction<Object> message) {
        for (int i = 0; i < ENOUGH && channel.isOpen(); i++) {
            channel.writeInbound(message.apply(i));
        }
        assertFalse(channel.isOpen());
        assertTrue(socket.written <= most, () -> socket.written + " answers wait");
    }

    @Test
    void spdyPingsEndTheConnection() {
        channel.pipeline().addLast(spdy);
        assertEnds(50_000, i -> new SpdyFrame.Ping(2 * i + 1));
    }

    @Test
    void dataForStreamsThatNeverWereEndsTheConnection() {
        channel.pipeline().addLast(spdy);
        assertEnds(50_000, i -> new SpdyFrame.Data(7, false, Unpooled.EMPTY_BUFFER));
    }

    @Test
    void streamsThatAreOpenedAndResetEndTheConnection() {
        channel.pipeline().addLast(spdy);
        assertEnds(
                50_000,
                i -> i % 2 == 0
                        ? new SpdyFrame.SynStream(i + 1, false, Map.of())
                        : new SpdyFrame.RstStream(i, SpdyFrame.STATUS_CANCEL));
    }

    @Test
    void websocketPingsEndTheConnection() {
        channel.pipeline().addLast(new WebSocketChannels(channel, flow, false, false));
        assertEnds(Pongs.MAX_UNREAD, i -> new PingWebSocketFrame(Unpooled.copiedBuffer(new byte[125])));
    }

    @Test
    void pingsInATunnelEndTheConnection() {
        channel.pipeline().addLast(new WebSocketTunnel());
        assertEnds(Pongs.MAX_UNREAD, i -> new PingWebSocketFrame(Unpooled.copiedBuffer(new byte[125])));
    }

    @Test
    void answersThatAreReadDoNotCount() {
        var reading = new EmbeddedChannel();
        reading.pipeline().addLast(new WebSocketTunnel());
        for (int i = 0; i < 10 * Pongs.MAX_UNREAD; i++) {
            reading.writeInbound(new PingWebSocketFrame());
        }
        assertTrue(reading.isOpen());
        reading.finishAndReleaseAll();
    }
}
