package io.carafe.streaming.spdy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.DefaultByteBufHolder;
import java.util.Map;

/**
 * A frame of SPDY/3.1.
 *
 * <pre>
 * control: |1| version = 3 (15) | type (16) | flags (8) | length (24) | …
 * data:    |0| stream id (31)               | flags (8) | length (24) | …
 * </pre>
 *
 * <p>Frames that mean nothing here (SETTINGS, WINDOW_UPDATE, unknown types) are skipped by the decoder.
 */
public sealed interface SpdyFrame {

    int VERSION = 3;

    int HEADER_BYTES = 8;

    int FLAG_FIN = 1;

    int TYPE_SYN_STREAM = 1;
    int TYPE_SYN_REPLY = 2;
    int TYPE_RST_STREAM = 3;
    int TYPE_PING = 6;
    int TYPE_GOAWAY = 7;
    int TYPE_HEADERS = 8;

    /** RST_STREAM: the peer broke the protocol. */
    int STATUS_PROTOCOL_ERROR = 1;
    /** RST_STREAM: no such stream. */
    int STATUS_INVALID_STREAM = 2;
    /** RST_STREAM: this stream is not wanted, and nothing was done with it. */
    int STATUS_REFUSED_STREAM = 3;
    /** RST_STREAM: this stream is no longer wanted. */
    int STATUS_CANCEL = 5;

    /** Opens a stream; {@code last} if the opener will send nothing on it. */
    record SynStream(int streamId, boolean last, Map<String, String> headers) implements SpdyFrame {}

    record SynReply(int streamId, boolean last, Map<String, String> headers) implements SpdyFrame {}

    record RstStream(int streamId, int status) implements SpdyFrame {}

    record Ping(int id) implements SpdyFrame {}

    /** No stream above {@code lastStreamId} was or will be served. */
    record GoAway(int lastStreamId, int status) implements SpdyFrame {}

    record Headers(int streamId, boolean last, Map<String, String> headers) implements SpdyFrame {}

    /** Bytes of a stream, or a part of them if the frame on the wire was long. Owns its content. */
    final class Data extends DefaultByteBufHolder implements SpdyFrame {
        private final int streamId;
        private final boolean last;

        public Data(int streamId, boolean last, ByteBuf content) {
            super(content);
            this.streamId = streamId;
            this.last = last;
        }

        public int streamId() {
            return streamId;
        }

        /** Whether the sender has closed its half with this frame. */
        public boolean last() {
            return last;
        }

        @Override
        public ByteBufHolder replace(ByteBuf content) {
            return new Data(streamId, last, content);
        }
    }
}
