package io.carafe.engine.pod;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Connects to ports of a pod's localhost. */
public final class PortForwarder {

    private static final Path HOST = Path.of("/proc/self/ns/net");
    private static final List<String> LOCALHOST = List.of("127.0.0.1", "::1");

    private final NetnsThreads threads;
    private final RuntimeHandlers handlers;
    private final Places places;
    private final AtomicLong sockets = new AtomicLong();

    PortForwarder(NetnsThreads threads, RuntimeHandlers handlers, Places places) {
        this.threads = threads;
        this.handlers = handlers;
        this.places = places;
    }

    SocketChannel connect(Pod pod, int port, Deadline deadline) {
        if (port < 1 || port > 0xFFFF) {
            throw new CarafeException.InvalidArgument("forward port " + port + " of " + pod + ": ports are 1 to 65535");
        }
        var sandboxed = handlers.sandboxed(pod.record().handler());
        if (sandboxed.isPresent() && !pod.record().hostNetwork()) {
            var socket = places.forwards().resolve(Long.toString(sockets.incrementAndGet()));
            return sandboxed.get().connect(pod.id(), port, socket, deadline);
        }
        var netns = pod.record().hostNetwork() ? HOST : places.netns(pod.id());
        IOException refusal = null;
        for (var address : LOCALHOST) {
            try {
                return threads.connect(netns, new InetSocketAddress(address, port), deadline);
            } catch (SocketTimeoutException e) {
                throw new CarafeException.DeadlineExceeded(message(pod, port, e), e);
            } catch (IOException e) {
                refusal = refusal == null ? e : refusal;
            }
        }
        throw new CarafeException.Unavailable(message(pod, port, refusal), refusal);
    }

    private static String message(Pod pod, int port, IOException e) {
        return "connect to port " + port + " in " + pod + ": " + e.getMessage();
    }
}
