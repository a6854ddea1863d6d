package io.carafe.streaming.spdy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Header blocks: a count, then names and values with their lengths, deflated as one zlib stream for each direction of a
 * connection. Because the blocks of a direction depend on each other, an error in one ends the connection.
 */
final class HeaderBlocks implements AutoCloseable {

    /**
     * Of an inflated block. Real ones have under 200 bytes. A stream keeps its headers, and a client can open
     * {@link SpdyConnection#MAX_STREAMS} of them by a few bytes each, since repeated headers deflate to nothing.
     */
    static final int MAX_INFLATED_BYTES = 1024;

    private final Inflater inflater = new Inflater();
    private final Deflater deflater = new Deflater();

    HeaderBlocks() {
        deflater.setDictionary(SpdyDictionary.BYTES);
    }

    /** Reads the rest of {@code compressed} as one block. */
    Map<String, String> decode(ByteBuf compressed) {
        var inflated = inflate(ByteBufUtil.getBytes(compressed));
        compressed.skipBytes(compressed.readableBytes());
        var headers = new LinkedHashMap<String, String>();
        var block = Unpooled.wrappedBuffer(inflated);
        try {
            var count = block.readInt();
            for (int i = 0; i < count; i++) {
                var name = readString(block);
                var value = readString(block);
                if (name.isEmpty() || headers.put(name, value) != null) {
                    throw new CorruptedFrameException("header block: empty or repeated name \"" + name + "\"");
                }
            }
        } catch (IndexOutOfBoundsException e) {
            throw new CorruptedFrameException("header block: it ends before its last header", e);
        }
        return headers;
    }

    private static String readString(ByteBuf block) {
        var length = block.readInt();
        if (length < 0) {
            throw new CorruptedFrameException("header block: negative length");
        }
        return block.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }

    private byte[] inflate(byte[] compressed) {
        // One byte more than allowed, so that a block that is too long shows itself without being inflated to its end.
        var out = new byte[MAX_INFLATED_BYTES + 1];
        int length = 0;
        inflater.setInput(compressed);
        try {
            while (length < out.length) {
                var n = inflater.inflate(out, length, out.length - length);
                if (n == 0 && inflater.needsDictionary()) {
                    inflater.setDictionary(SpdyDictionary.BYTES);
                } else if (n == 0) {
                    break;
                }
                length += n;
            }
        } catch (DataFormatException | IllegalArgumentException e) {
            throw new CorruptedFrameException("header block: not zlib with the SPDY dictionary", e);
        }
        if (length > MAX_INFLATED_BYTES) {
            throw new TooLongFrameException("header block: more than " + MAX_INFLATED_BYTES + " bytes inflated");
        }
        if (inflater.finished()) {
            throw new CorruptedFrameException("header block: the zlib stream has ended");
        }
        return Arrays.copyOf(out, length);
    }

    ByteBuf encode(ByteBufAllocator allocator, Map<String, String> headers) {
        var plain = allocator.heapBuffer();
        var compressed = allocator.buffer();
        try {
            plain.writeInt(headers.size());
            headers.forEach((name, value) -> {
                writeString(plain, name);
                writeString(plain, value);
            });
            deflater.setInput(ByteBufUtil.getBytes(plain));
            var chunk = new byte[1024];
            int n;
            do {
                n = deflater.deflate(chunk, 0, chunk.length, Deflater.SYNC_FLUSH);
                compressed.writeBytes(chunk, 0, n);
            } while (n == chunk.length);
            return compressed;
        } finally {
            plain.release();
        }
    }

    private static void writeString(ByteBuf block, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        block.writeInt(bytes.length).writeBytes(bytes);
    }

    @Override
    public void close() {
        inflater.end();
        deflater.end();
    }
}
