package io.carafe.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.function.Function;

/**
 * One stream of bytes toward the client. Writing waits while the connection is full; closing ends this stream only.
 *
 * <p>For one thread at a time, except {@link #abort}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
public final class Outlet extends OutputStream {

    /** Bytes of one frame: small enough for other streams to get their turn, and for WebSocket clients' buffers. */
    static final int CHUNK_BYTES = 16 * 1024;

    private final Channel channel;
    private final Flow flow;
    private final Function<ByteBuf, Object> frame;
    private final Runnable end;
    private boolean closed;
    private volatile String aborted;

    /**
     * @param frame wraps a piece of content for the channel's pipeline
     * @param end tells the client that nothing more comes; called once, by the thread that closes
     */
    public Outlet(Channel channel, Flow flow, Function<ByteBuf, Object> frame, Runnable end) {
        this.channel = channel;
        this.flow = flow;
        this.frame = frame;
        this.end = end;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        for (int done = 0; done < length; ) {
            var n = Math.min(CHUNK_BYTES, length - done);
            writeChunk(bytes, offset + done, n);
            done += n;
        }
    }

    private void writeChunk(byte[] bytes, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("write to a closed stream");
        }
        flow.awaitWritable();
        if (aborted != null) {
            throw new IOException(aborted);
        }
        var content = channel.alloc().buffer(length).writeBytes(bytes, offset, length);
        channel.writeAndFlush(frame.apply(content));
    }

    /** Sends a frame without content, as a sign of life. */
    void writeEmpty() {
        channel.writeAndFlush(frame.apply(channel.alloc().buffer(0)));
    }

    /** The client wants no more of this stream: every later write fails with {@code reason}. */
    public void abort(String reason) {
        aborted = reason;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            end.run();
        }
    }
}
