package io.carafe.streaming.spdy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageCodec;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import java.util.List;
import java.util.Map;

/**
 * Bytes to {@link SpdyFrame}s and back.
 *
 * <p>A data frame of any length is handed on in pieces as it arrives, so nothing of it is kept here. Control frames are
 * kept until they are whole, and so have a limit. A malformed frame fails the connection.
 */
public final class SpdyCodec extends ByteToMessageCodec<SpdyFrame> {

    /** Of a control frame. A SYN_STREAM of a real client has under 200 bytes. */
    static final int MAX_CONTROL_BYTES = 16 * 1024;

    private final HeaderBlocks headerBlocks = new HeaderBlocks();

    /** The data frame that is being read: what is still to come of it. */
    private int dataStreamId;

    private int dataRemaining;
    private boolean dataLast;

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (dataRemaining > 0) {
            out.add(readData(in));
        } else if (in.readableBytes() >= SpdyFrame.HEADER_BYTES) {
            if (in.getByte(in.readerIndex()) < 0) {
                decodeControl(in, out);
            } else {
                decodeDataHeader(in, out);
            }
        }
    }

    private void decodeDataHeader(ByteBuf in, List<Object> out) {
        dataStreamId = in.readInt();
        var flagsAndLength = in.readInt();
        dataRemaining = flagsAndLength & 0xFFFFFF;
        dataLast = ((flagsAndLength >>> 24) & SpdyFrame.FLAG_FIN) != 0;
        if (dataRemaining == 0) {
            out.add(new SpdyFrame.Data(dataStreamId, dataLast, in.alloc().buffer(0)));
        }
    }

    private SpdyFrame.Data readData(ByteBuf in) {
        var length = Math.min(dataRemaining, in.readableBytes());
        dataRemaining -= length;
        return new SpdyFrame.Data(dataStreamId, dataLast && dataRemaining == 0, in.readRetainedSlice(length));
    }

    private void decodeControl(ByteBuf in, List<Object> out) {
        var start = in.readerIndex();
        var version = in.getUnsignedShort(start) & 0x7FFF;
        var type = in.getUnsignedShort(start + 2);
        var flags = in.getByte(start + 4);
        var length = in.getUnsignedMedium(start + 5);
        if (version != SpdyFrame.VERSION) {
            throw new CorruptedFrameException("control frame of SPDY version " + version);
        }
        if (length > MAX_CONTROL_BYTES) {
            throw new TooLongFrameException("control frame of type " + type + " with " + length + " bytes");
        }
        if (in.readableBytes() < SpdyFrame.HEADER_BYTES + length) {
            return;
        }
        in.skipBytes(SpdyFrame.HEADER_BYTES);
        var body = in.readSlice(length);
        try {
            var frame = controlFrame(type, (flags & SpdyFrame.FLAG_FIN) != 0, body);
            if (frame != null) {
                out.add(frame);
            }
        } catch (IndexOutOfBoundsException e) {
            throw new CorruptedFrameException("control frame of type " + type + " is too short", e);
        }
    }

    /** Null for a frame that is to be ignored. */
    private SpdyFrame controlFrame(int type, boolean last, ByteBuf body) {
        return switch (type) {
            case SpdyFrame.TYPE_SYN_STREAM -> {
                var id = streamId(body);
                body.skipBytes(6); // associated stream, priority, slot
                yield new SpdyFrame.SynStream(id, last, headerBlocks.decode(body));
            }
            case SpdyFrame.TYPE_SYN_REPLY -> new SpdyFrame.SynReply(streamId(body), last, headerBlocks.decode(body));
            case SpdyFrame.TYPE_HEADERS -> new SpdyFrame.Headers(streamId(body), last, headerBlocks.decode(body));
            case SpdyFrame.TYPE_RST_STREAM -> new SpdyFrame.RstStream(streamId(body), body.readInt());
            case SpdyFrame.TYPE_PING -> new SpdyFrame.Ping(body.readInt());
            case SpdyFrame.TYPE_GOAWAY -> new SpdyFrame.GoAway(body.readInt() & 0x7FFFFFFF, body.readInt());
            default -> null;
        };
    }

    private static int streamId(ByteBuf body) {
        var id = body.readInt() & 0x7FFFFFFF;
        if (id == 0) {
            throw new CorruptedFrameException("stream id 0");
        }
        return id;
    }

    @Override
    protected void encode(ChannelHandlerContext ctx, SpdyFrame frame, ByteBuf out) {
        switch (frame) {
            case SpdyFrame.Data data ->
                out.writeInt(data.streamId())
                        .writeInt((flags(data.last()) << 24) | data.content().readableBytes())
                        .writeBytes(data.content());
            case SpdyFrame.SynStream syn -> {
                // associated stream 0, priority 0, slot 0
                var prefix = ctx.alloc().buffer(10).writeInt(syn.streamId()).writeZero(6);
                writeHeaders(out, SpdyFrame.TYPE_SYN_STREAM, syn.last(), prefix, syn.headers());
            }
            case SpdyFrame.SynReply reply -> {
                var prefix = ctx.alloc().buffer(4).writeInt(reply.streamId());
                writeHeaders(out, SpdyFrame.TYPE_SYN_REPLY, reply.last(), prefix, reply.headers());
            }
            case SpdyFrame.Headers headers -> {
                var prefix = ctx.alloc().buffer(4).writeInt(headers.streamId());
                writeHeaders(out, SpdyFrame.TYPE_HEADERS, headers.last(), prefix, headers.headers());
            }
            case SpdyFrame.RstStream rst ->
                writeControlHeader(out, SpdyFrame.TYPE_RST_STREAM, false, 8)
                        .writeInt(rst.streamId())
                        .writeInt(rst.status());
            case SpdyFrame.Ping ping ->
                writeControlHeader(out, SpdyFrame.TYPE_PING, false, 4).writeInt(ping.id());
            case SpdyFrame.GoAway away ->
                writeControlHeader(out, SpdyFrame.TYPE_GOAWAY, false, 8)
                        .writeInt(away.lastStreamId())
                        .writeInt(away.status());
        }
    }

    private void writeHeaders(ByteBuf out, int type, boolean last, ByteBuf prefix, Map<String, String> headers) {
        var block = headerBlocks.encode(out.alloc(), headers);
        try {
            writeControlHeader(out, type, last, prefix.readableBytes() + block.readableBytes())
                    .writeBytes(prefix)
                    .writeBytes(block);
        } finally {
            prefix.release();
            block.release();
        }
    }

    private static ByteBuf writeControlHeader(ByteBuf out, int type, boolean last, int length) {
        return out.writeShort(0x8000 | SpdyFrame.VERSION).writeShort(type).writeInt((flags(last) << 24) | length);
    }

    private static int flags(boolean last) {
        return last ? SpdyFrame.FLAG_FIN : 0;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) throws Exception {
        super.handlerRemoved(ctx);
        headerBlocks.close();
    }
}
