package io.carafe.streaming;

import io.carafe.streaming.spdy.SpdyConnection;
import io.carafe.streaming.spdy.SpdyStream;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * {@code portforward.k8s.io}: for each connection the client opens an error stream and a data stream with the same
 * {@code requestid} and {@code port}. Clients older than the request id open them one after the other.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
final class SpdyPortForward implements SpdyConnection.Acceptor {

    static final String PROTOCOL = "portforward.k8s.io";

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    private final Session.PortForward session;
    private final Channel channel;
    private final Duration creation;
    private final Map<String, Half> waiting = new HashMap<>();

    /** The first of two streams, until the second comes. */
    private record Half(SpdyStream stream, Future<?> timeout) {}

    SpdyPortForward(Session.PortForward session, Channel channel, Duration creation) {
        this.session = session;
        this.channel = channel;
        this.creation = creation;
    }

    @Override
    public boolean accept(SpdyStream stream) {
        var port = port(stream);
        if (port == 0 || !(isError(stream) || "data".equals(stream.header("streamtype")))) {
            return false;
        }
        var id = requestId(stream);
        var first = waiting.remove(id);
        if (first == null) {
            var timeout =
                    channel.eventLoop().schedule(() -> abandon(id, stream), creation.toMillis(), TimeUnit.MILLISECONDS);
            waiting.put(id, new Half(stream, timeout));
            return true;
        }
        if (isError(first.stream()) == isError(stream) || port(first.stream()) != port) {
            waiting.put(id, first);
            return false;
        }
        first.timeout().cancel(false);
        var error = isError(stream) ? stream : first.stream();
        var data = isError(stream) ? first.stream() : stream;
        Thread.ofVirtual().name("forward-" + port).start(() -> forward(port, data, error));
        return true;
    }

    private static boolean isError(SpdyStream stream) {
        return "error".equals(stream.header("streamtype"));
    }

    /** 0 if there is no valid one. */
    private static int port(SpdyStream stream) {
        var text = stream.header("port");
        if (text == null || !text.matches("\\d{1,5}")) {
            return 0;
        }
        var port = Integer.parseInt(text);
        return port <= 0xFFFF ? port : 0;
    }

    private static String requestId(SpdyStream stream) {
        var id = stream.header("requestid");
        if (id != null) {
            return id;
        }
        return Integer.toString(isError(stream) ? stream.id() : stream.id() - 2);
    }

    private void abandon(String id, SpdyStream stream) {
        waiting.remove(id);
        LOG.log(System.Logger.Level.DEBUG, "port-forward: stream {0} waited in vain for its other half", stream.id());
        stream.reset();
    }

    private void forward(int port, SpdyStream data, SpdyStream error) {
        error.input().close();
        try {
            PortRelay.run(session.handler(), port, data.input(), data.output(), true);
        } catch (Exception e) {
            var message = PortRelay.message(port, e);
            LOG.log(System.Logger.Level.DEBUG, message, e);
            try {
                error.output().write(message.getBytes(StandardCharsets.UTF_8));
            } catch (IOException gone) {
                LOG.log(System.Logger.Level.TRACE, "port-forward: nobody to tell", gone);
            }
            data.reset();
        } finally {
            data.output().close();
            error.output().close();
        }
    }

    @Override
    public void reset(SpdyStream stream) {
        var half = waiting.get(requestId(stream));
        if (half != null && half.stream() == stream) {
            half.timeout().cancel(false);
            waiting.remove(requestId(stream));
        }
    }

    @Override
    public void closed() {
        waiting.values().forEach(half -> half.timeout().cancel(false));
        waiting.clear();
    }
}
