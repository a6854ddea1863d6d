package io.carafe.streaming;

import io.carafe.streaming.spdy.SpdyConnection;
import io.carafe.streaming.spdy.SpdyStream;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Exec and attach over SPDY: waits for exactly the streams that were asked for, then runs the command. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
final class SpdyCommand implements SpdyConnection.Acceptor {

    private final Session.Command session;
    private final CommandProtocol protocol;
    private final Channel channel;
    private final Set<String> expected;
    private final Map<String, SpdyStream> streams = new HashMap<>();
    private final Future<?> timeout;
    private final SpdyConnection connection;
    private RemoteCommand command;

    SpdyCommand(Session.Command session, CommandProtocol protocol, Channel channel, Flow flow, Duration creation) {
        this.session = session;
        this.protocol = protocol;
        this.channel = channel;
        this.expected = expectedStreams(session.streams(), protocol);
        this.connection = new SpdyConnection(channel, flow, this);
        this.timeout = channel.eventLoop().schedule(() -> channel.close(), creation.toMillis(), TimeUnit.MILLISECONDS);
    }

    SpdyConnection connection() {
        return connection;
    }

    private static Set<String> expectedStreams(ProcessStreams streams, CommandProtocol protocol) {
        var expected = new HashSet<>(Set.of("error"));
        if (streams.stdin()) {
            expected.add("stdin");
        }
        if (streams.stdout()) {
            expected.add("stdout");
        }
        if (streams.stderr()) {
            expected.add("stderr");
        }
        if (streams.terminal() && protocol.resizes()) {
            expected.add("resize");
        }
        return expected;
    }

    @Override
    public boolean accept(SpdyStream stream) {
        var type = stream.header("streamtype");
        if (!expected.contains(type) || streams.putIfAbsent(type, stream) != null) {
            return false;
        }
        if (streams.size() == expected.size()) {
            timeout.cancel(false);
            command = new RemoteCommand(
                    session,
                    new RemoteCommand.Streams(
                            input("stdin"), output("stdout"), output("stderr"), output("error"), input("resize")),
                    protocol,
                    () -> connection.leave(goAway -> Farewell.say(channel, goAway)));
            command.start();
        }
        return true;
    }

    private BytePipe input(String type) {
        var stream = streams.get(type);
        return stream == null ? null : stream.input();
    }

    private Outlet output(String type) {
        var stream = streams.get(type);
        return stream == null ? null : stream.output();
    }

    @Override
    public void reset(SpdyStream stream) {
        // Reading and writing that stream fail now; whether that ends the command is for the handler to know.
    }

    @Override
    public void closed() {
        timeout.cancel(false);
        if (command != null) {
            command.cancel();
        }
    }
}
