package io.carafe.streaming.spdy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.Adler32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class SpdyCodecTest {

    private final EmbeddedChannel sender = new EmbeddedChannel(new SpdyCodec());
    private final EmbeddedChannel receiver = new EmbeddedChannel(new SpdyCodec());

    private ByteBuf encoded(Object... frames) {
        sender.writeOutbound(frames);
        var all = Unpooled.buffer();
        for (ByteBuf part; (part = sender.readOutbound()) != null; part.release()) {
            all.writeBytes(part);
        }
        return all;
    }

    @Test
    void theDictionaryIsThatOfTheSpecification() {
        var checksum = new Adler32();
        checksum.update(SpdyDictionary.BYTES);
        assertEquals(1423, SpdyDictionary.BYTES.length);
        assertEquals(0xe3c6a7c2L, checksum.getValue());
    }

    @Test
    void controlFramesSurviveTheWire() {
        var frames = List.of(
                new SpdyFrame.SynStream(1, false, Map.of("streamtype", "error")),
                new SpdyFrame.SynStream(3, true, Map.of("streamtype", "data", "port", "8080")),
                new SpdyFrame.SynReply(1, false, Map.of()),
                new SpdyFrame.Headers(3, true, Map.of("a", "")),
                new SpdyFrame.RstStream(3, SpdyFrame.STATUS_CANCEL),
                new SpdyFrame.Ping(7),
                new SpdyFrame.GoAway(3, 0));
        var bytes = encoded(frames.toArray());
        // One byte at a time: no frame boundary may matter.
        while (bytes.isReadable()) {
            receiver.writeInbound(bytes.readBytes(1));
        }
        for (var frame : frames) {
            assertEquals(frame, receiver.readInbound());
        }
        assertNull(receiver.readInbound());
    }

    @Test
    void dataComesInPiecesAndOnlyTheLastIsLast() {
        var content = new byte[100_000];
        new Random(2).nextBytes(content);
        var bytes = encoded(new SpdyFrame.Data(5, true, Unpooled.wrappedBuffer(content)));
        receiver.writeInbound(bytes.readBytes(50_000));
        receiver.writeInbound(bytes);
        var received = new ByteArrayOutputStream();
        boolean last = false;
        for (SpdyFrame.Data data; (data = receiver.readInbound()) != null; data.release()) {
            assertEquals(5, data.streamId());
            received.writeBytes(ByteBufUtil.getBytes(data.content()));
            assertTrue(!last, "a piece after the last");
            last = data.last();
        }
        assertTrue(last);
        assertArrayEquals(content, received.toByteArray());
    }

    @Test
    void settingsWindowUpdatesAndUnknownFramesAreSkipped() {
        var bytes = Unpooled.buffer();
        bytes.writeInt(0x80030004).writeInt(12).writeInt(1).writeInt(4).writeInt(1000); // SETTINGS
        bytes.writeInt(0x80030009).writeInt(8).writeInt(1).writeInt(65536); // WINDOW_UPDATE
        bytes.writeInt(0x800300FF).writeInt(3).writeMedium(0); // of the future
        receiver.writeInbound(bytes, encoded(new SpdyFrame.Ping(1)));
        assertEquals(new SpdyFrame.Ping(1), receiver.readInbound());
        assertNull(receiver.readInbound());
    }

    private static Throwable rejected(EmbeddedChannel channel, ByteBuf bytes) {
        return assertThrows(DecoderException.class, () -> channel.writeInbound(bytes));
    }

    private static ByteBuf synStream(byte[] headerBlock) {
        return Unpooled.buffer()
                .writeInt(0x80030001)
                .writeInt(10 + headerBlock.length)
                .writeInt(1)
                .writeZero(6)
                .writeBytes(headerBlock);
    }

    private static byte[] deflated(byte[] plain) {
        var deflater = new Deflater(9);
        deflater.setDictionary(SpdyDictionary.BYTES);
        deflater.setInput(plain);
        var out = new byte[64 * 1024];
        var length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        deflater.end();
        return Arrays.copyOf(out, length);
    }

    @Test
    void aHeaderBombIsNotInflated() {
        var bomb = deflated(new byte[10 * 1024 * 1024]);
        assertTrue(bomb.length < SpdyCodec.MAX_CONTROL_BYTES, "it fits in a frame: " + bomb.length);
        assertInstanceOf(TooLongFrameException.class, rejected(receiver, synStream(bomb)));
    }

    @Test
    void headerBlocksThatLieAreRejected() {
        var manyHeaders = Unpooled.buffer().writeInt(Integer.MAX_VALUE).array();
        var longName = new byte[] {0, 0, 0, 1, 0x7F, -1, -1, -1, 'a'};
        var negativeName = new byte[] {0, 0, 0, 1, -1, -1, -1, -1, 'a'};
        var repeated = new byte[] {0, 0, 0, 2, 0, 0, 0, 1, 'a', 0, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 0, 0};
        for (var block : List.of(manyHeaders, longName, negativeName, repeated)) {
            var channel = new EmbeddedChannel(new SpdyCodec());
            assertInstanceOf(CorruptedFrameException.class, rejected(channel, synStream(deflated(block))));
            channel.finishAndReleaseAll();
        }
    }

    /** Each costs a few bytes on the wire, since what is repeated deflates to nothing, and is kept with its stream. */
    @Test
    void headersAreKeptSmallForStreamsAreMany() {
        var padding = Map.of("streamtype", "x".repeat(HeaderBlocks.MAX_INFLATED_BYTES));
        var bytes = encoded(new SpdyFrame.SynStream(1, false, padding));
        assertInstanceOf(TooLongFrameException.class, rejected(receiver, bytes));
    }

    @Test
    void bytesThatAreNoZlibAreRejected() {
        assertInstanceOf(CorruptedFrameException.class, rejected(receiver, synStream(new byte[] {1, 2, 3, 4})));
    }

    @Test
    void controlFramesHaveALimit() {
        var huge = Unpooled.buffer().writeInt(0x80030001).writeInt(SpdyCodec.MAX_CONTROL_BYTES + 1);
        assertInstanceOf(TooLongFrameException.class, rejected(receiver, huge));
    }
}
