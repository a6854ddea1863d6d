package io.carafe.daemon.metrics;

import io.carafe.base.CarafeException.InvalidArgument;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;

/** Where metrics are served: {@code HOST:PORT}, {@code [IPV6]:PORT}, or the absolute path of a Unix socket. */
public final class MetricsAddress {

    /** sun_path of unix(7), less the final NUL. */
    private static final int MAX_SOCKET_PATH = 107;

    private MetricsAddress() {}

    /**
     * Reads an address, without looking up its host.
     *
     * @throws InvalidArgument if it is none
     */
    public static SocketAddress parse(String text) {
        if (text.startsWith("/")) {
            if (text.length() > MAX_SOCKET_PATH) {
                throw new InvalidArgument("metrics.address is \"" + text + "\": the path of a socket has at most "
                        + MAX_SOCKET_PATH + " bytes");
            }
            return new DomainSocketAddress(Path.of(text).toFile());
        }
        int colon = text.lastIndexOf(':');
        var host = colon < 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isEmpty()
                || (host.contains(":") && !bracketed)
                || !text.substring(colon + 1).matches("[0-9]{1,5}")
                || Integer.parseInt(text.substring(colon + 1)) > 65535) {
            throw new InvalidArgument("metrics.address is \"" + text
                    + "\": must be HOST:PORT, such as 127.0.0.1:9537, or the absolute path of a Unix socket");
        }
        return InetSocketAddress.createUnresolved(
                bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(text.substring(colon + 1)));
    }
}
