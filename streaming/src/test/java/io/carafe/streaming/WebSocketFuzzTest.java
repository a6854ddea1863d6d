package io.carafe.streaming;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import java.io.ByteArrayInputStream;
import java.io.IOException;

class WebSocketFuzzTest {

    /** The first byte chooses the protocol; the rest comes over the wire. */
    @FuzzTest
    void anyBytesAreAnsweredOrEndTheConnection(byte[] data) {
        if (data.length == 0) {
            return;
        }
        var channel = new EmbeddedChannel();
        var flow = new Flow(channel);
        var channels = new WebSocketChannels(channel, flow, (data[0] & 1) != 0, (data[0] & 2) != 0);
        channel.pipeline()
                .addLast(
                        flow,
                        new WebSocket13FrameDecoder(true, false, WebSocketChannels.MAX_MESSAGE_BYTES),
                        new WebSocketFrameAggregator(WebSocketChannels.MAX_MESSAGE_BYTES),
                        channels);
        try (var input = channels.input(0)) {
            for (int at = 1, piece = 1; at < data.length && channel.isOpen(); at += piece, piece = piece * 2 + 1) {
                channel.writeInbound(Unpooled.copiedBuffer(data, at, Math.min(piece, data.length - at)));
            }
            assertTrue(input.available() <= data.length);
            assertTrue(channel.inboundMessages().isEmpty(), "a frame that nobody has taken");
        } finally {
            channel.finishAndReleaseAll();
        }
    }

    @FuzzTest
    void sizesOfTerminalsAreInRange(byte[] data) throws IOException {
        TerminalSizes.read(new ByteArrayInputStream(data), size -> {
            assertTrue(size.width() > 0 && size.width() <= 0xFFFF, size::toString);
            assertTrue(size.height() > 0 && size.height() <= 0xFFFF, size::toString);
        });
    }
}
