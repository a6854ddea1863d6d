package io.carafe.streaming;

import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What runs over the channels of a WebSocket: a command, or connections to ports that the session names. */
final class WebSocketSessions {

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;

    /** What a subprotocol's name stands for. */
    record Variant(CommandProtocol protocol, boolean base64) {}

    /** Subprotocols of exec and attach. No name at all means {@code channel.k8s.io}. */
    static final Map<String, Variant> COMMAND = commandVariants();

    /** Subprotocols of port-forward on channels. No name at all means binary. */
    static final Map<String, Variant> PORT_FORWARD = Map.of(
            "v4.channel.k8s.io", new Variant(CommandProtocol.V4, false),
            "v4.base64.channel.k8s.io", new Variant(CommandProtocol.V4, true));

    private WebSocketSessions() {}

    private static Map<String, Variant> commandVariants() {
        var variants = new LinkedHashMap<String, Variant>();
        variants.put("v5.channel.k8s.io", new Variant(CommandProtocol.V5, false));
        variants.put("v4.channel.k8s.io", new Variant(CommandProtocol.V4, false));
        variants.put("v4.base64.channel.k8s.io", new Variant(CommandProtocol.V4, true));
        variants.put("channel.k8s.io", new Variant(CommandProtocol.V1, false));
        variants.put("base64.channel.k8s.io", new Variant(CommandProtocol.V1, true));
        return variants;
    }

    /** Prepares a command; to be started once the channel's pipeline holds {@code channels}. */
    static Runnable command(Session.Command session, Variant variant, Channel channel, WebSocketChannels channels) {
        var wanted = session.streams();
        var stdin = wanted.stdin() ? channels.input(STDIN) : null;
        var stdout = wanted.stdout() ? channels.output(STDOUT) : null;
        var stderr = wanted.stderr() ? channels.output(STDERR) : null;
        var error = channels.output(ERROR);
        var resize = wanted.terminal() ? channels.input(RESIZE) : null;
        var command = new RemoteCommand(
                session,
                new RemoteCommand.Streams(stdin, stdout, stderr, error, resize),
                variant.protocol(),
                channels::leave);
        channels.onClosed(command::cancel);
        return () -> {
            // Clients take the first message as the sign that the session is up.
            (stdout != null ? stdout : stderr != null ? stderr : error).writeEmpty();
            command.start();
        };
    }

    /** Prepares the forwarding of every port of the session: data on channel 2i, errors on 2i + 1. */
    static Runnable portForward(Session.PortForward session, WebSocketChannels channels) {
        record Forward(int port, BytePipe input, Outlet data, Outlet error) {}
        var forwards = new ArrayList<Forward>();
        for (int i = 0; i < session.ports().size(); i++) {
            forwards.add(new Forward(
                    session.ports().get(i), channels.input(2 * i), channels.output(2 * i), channels.output(2 * i + 1)));
        }
        return () -> Thread.ofVirtual().name("forward").start(() -> {
            var threads = new ArrayList<Thread>();
            for (var forward : forwards) {
                threads.add(Thread.ofVirtual()
                        .name("forward-" + forward.port())
                        .start(() -> forward(
                                session.handler(), forward.port(), forward.input(), forward.data(), forward.error())));
            }
            awaitAll(threads);
            channels.leave();
        });
    }

    private static void forward(PortForwardHandler handler, int port, BytePipe input, Outlet data, Outlet error) {
        try {
            var prefix = new byte[] {(byte) port, (byte) (port >>> 8)};
            data.write(prefix);
            error.write(prefix);
            try {
                PortRelay.run(handler, port, input, data, false);
            } catch (Exception e) {
                error.write(PortRelay.message(port, e).getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, "port-forward: nobody to tell", e);
        } finally {
            input.close();
        }
    }

    private static void awaitAll(List<Thread> threads) {
        try {
            for (var thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
