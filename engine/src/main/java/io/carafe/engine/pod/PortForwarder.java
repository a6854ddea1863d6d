package io.carafe.engine.pod;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.linux.net.NetnsThreads;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/** Connects to ports of a pod's localhost. */
public record PortForwarder(NetnsThreads threads, Places places) {

    private static final Path HOST = Path.of("/proc/self/ns/net");
    private static final List<String> LOCALHOST = List.of("127.0.0.1", "::1");

    SocketChannel connect(Pod pod, int port, Deadline deadline) {
        if (port < 1 || port > 0xFFFF) {
            throw new CarafeException.InvalidArgument("forward port " + port + " of " + pod + ": ports are 1 to 65535");
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
