package io.carafe.streaming.spdy;

import io.carafe.streaming.BytePipe;
import io.carafe.streaming.Flow;
import io.carafe.streaming.Outlet;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The server's end of a SPDY connection whose streams are all opened by the client.
 *
 * <p>Answers every accepted SYN_STREAM with a SYN_REPLY, echoes the client's PINGs, and hands bytes to the streams'
 * pipes. All state belongs to the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
public final class SpdyConnection extends SimpleChannelInboundHandler<SpdyFrame> {

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    /** Open at a time, two for each forwarded connection. */
    static final int MAX_STREAMS = 20_000;

    /** Answers that the client has not read yet: it asks for each by a few bytes, and they wait here (CVE-2019-9512). */
    static final int MAX_UNREAD_ANSWERS = 2 * MAX_STREAMS;

    /** Who decides about streams. Called on the event loop: must not block. */
    public interface Acceptor {

        /** A new stream; false refuses it. */
        boolean accept(SpdyStream stream);

        /** The client has reset a stream it had opened. */
        void reset(SpdyStream stream);

        /** The connection is closed. All pipes have failed before. */
        void closed();
    }

    private final Channel channel;
    private final Flow flow;
    private final Acceptor acceptor;
    private final Map<Integer, SpdyStream> streams = new HashMap<>();
    private int lastStreamId;
    private int unreadAnswers;
    private boolean leaving;

    public SpdyConnection(Channel channel, Flow flow, Acceptor acceptor) {
        this.channel = channel;
        this.flow = flow;
        this.acceptor = acceptor;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, SpdyFrame frame) {
        switch (frame) {
            case SpdyFrame.Data data -> receive(data);
            case SpdyFrame.SynStream syn -> open(syn);
            case SpdyFrame.RstStream rst -> {
                var stream = streams.remove(rst.streamId());
                if (stream != null) {
                    drop(stream, "the client has reset the stream");
                    acceptor.reset(stream);
                }
            }
            case SpdyFrame.Ping ping -> {
                if (ping.id() % 2 != 0) {
                    answer(ping);
                }
            }
            case SpdyFrame.GoAway _, SpdyFrame.SynReply _, SpdyFrame.Headers _ -> {
                // Says nothing that matters here: the client opens all streams and closes the connection itself.
            }
        }
    }

    private void open(SpdyFrame.SynStream syn) {
        var id = syn.streamId();
        if (id % 2 == 0 || id <= lastStreamId) {
            LOG.log(System.Logger.Level.DEBUG, "spdy {0}: stream id {1} after {2}", channel, id, lastStreamId);
            channel.writeAndFlush(new SpdyFrame.GoAway(lastStreamId, SpdyFrame.STATUS_PROTOCOL_ERROR));
            channel.close();
            return;
        }
        lastStreamId = id;
        if (leaving || streams.size() >= MAX_STREAMS) {
            answer(new SpdyFrame.RstStream(id, SpdyFrame.STATUS_REFUSED_STREAM));
            return;
        }
        var input = new BytePipe(flow);
        var output = new Outlet(channel, flow, content -> new SpdyFrame.Data(id, false, content), () -> endOutput(id));
        var stream = new SpdyStream(this, id, syn.headers(), input, output);
        streams.put(id, stream);
        // Before the acceptor: it may start a thread that writes at once, and data must not overtake the reply.
        answer(new SpdyFrame.SynReply(id, false, Map.of()));
        if (syn.last()) {
            stream.inputEnded = true;
            input.end();
        }
        if (!acceptor.accept(stream)) {
            streams.remove(id);
            input.close();
            answer(new SpdyFrame.RstStream(id, SpdyFrame.STATUS_REFUSED_STREAM));
        }
    }

    private void receive(SpdyFrame.Data data) {
        var stream = streams.get(data.streamId());
        if (stream == null || stream.inputEnded) {
            // Bytes may still be on their way for a stream that has just ended; those of one that never was are an
            // error.
            if (stream != null || data.streamId() > lastStreamId) {
                answer(new SpdyFrame.RstStream(data.streamId(), SpdyFrame.STATUS_INVALID_STREAM));
            }
            return;
        }
        stream.input().offer(ByteBufUtil.getBytes(data.content()));
        if (data.last()) {
            stream.inputEnded = true;
            stream.input().end();
            forgetIfDone(stream);
        }
    }

    /** What the client's frame asks for. One that asks and does not read is not worth holding the answers for. */
    private void answer(SpdyFrame frame) {
        if (++unreadAnswers > MAX_UNREAD_ANSWERS) {
            LOG.log(System.Logger.Level.DEBUG, "spdy {0}: the client does not read what it asks for", channel);
            channel.close();
            return;
        }
        channel.writeAndFlush(frame).addListener(_ -> unreadAnswers--);
    }

    private void endOutput(int id) {
        flow.execute(() -> {
            var stream = streams.get(id);
            if (stream != null && !stream.outputEnded) {
                stream.outputEnded = true;
                channel.writeAndFlush(
                        new SpdyFrame.Data(id, true, channel.alloc().buffer(0)));
                forgetIfDone(stream);
            }
        });
    }

    private void forgetIfDone(SpdyStream stream) {
        if (stream.inputEnded && stream.outputEnded) {
            streams.remove(stream.id());
        }
    }

    void reset(SpdyStream stream) {
        flow.execute(() -> {
            if (streams.remove(stream.id()) != null) {
                drop(stream, "the stream was reset");
                channel.writeAndFlush(new SpdyFrame.RstStream(stream.id(), SpdyFrame.STATUS_CANCEL));
            }
        });
    }

    private static void drop(SpdyStream stream, String reason) {
        stream.output().abort(reason);
        stream.input().fail(new IOException(reason));
    }

    /**
     * Accepts no more streams.
     *
     * @param farewell gets the GOAWAY to write, on the event loop, after all that was written before
     */
    public void leave(Consumer<SpdyFrame> farewell) {
        flow.execute(() -> {
            leaving = true;
            farewell.accept(new SpdyFrame.GoAway(lastStreamId, 0));
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        for (var stream : streams.values()) {
            drop(stream, "the client has closed the connection");
        }
        streams.clear();
        acceptor.closed();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.log(System.Logger.Level.DEBUG, () -> "spdy " + channel + ": " + cause.getMessage());
        ctx.close();
    }
}
