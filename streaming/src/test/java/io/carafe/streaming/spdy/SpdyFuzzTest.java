package io.carafe.streaming.spdy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.streaming.Flow;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;

class SpdyFuzzTest {

    /** Whatever a client sends in however many pieces, the connection answers or is closed; it never holds on to much. */
    @FuzzTest
    void anyBytesAreAnsweredOrEndTheConnection(byte[] data) {
        var channel = new EmbeddedChannel();
        var flow = new Flow(channel);
        channel.pipeline().addLast(flow, new SpdyCodec(), new SpdyConnection(channel, flow, new Everything()));
        try {
            for (int at = 0, piece = 1; at < data.length && channel.isOpen(); at += piece, piece = piece * 2 + 1) {
                channel.writeInbound(Unpooled.copiedBuffer(data, at, Math.min(piece, data.length - at)));
            }
            assertTrue(channel.inboundMessages().isEmpty(), "a frame that nobody has taken");
        } finally {
            channel.finishAndReleaseAll();
        }
    }

    /** Opens what the client asks for, and reads none of it. */
    private static final class Everything implements SpdyConnection.Acceptor {
        @Override
        public boolean accept(SpdyStream stream) {
            return !"no".equals(stream.header("streamtype"));
        }

        @Override
        public void reset(SpdyStream stream) {}

        @Override
        public void closed() {}
    }
}
