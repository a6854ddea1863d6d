package io.carafe.cli;

import io.carafe.proto.cri.v1.PortMapping;
import io.carafe.proto.cri.v1.Protocol;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A port of the container at a port of the host, as {@code -p} has it: {@code [IP:]HOST:CONTAINER[/PROTOCOL]}, where both
 * ports may be ranges of the same length, and IPv6 addresses stand in brackets.
 */
record PublishedPort(String hostIp, int hostPort, int containerPort, Protocol protocol) {

    private static final Pattern FORM = Pattern.compile(
            "(?:(?<ip>\\[[0-9a-fA-F:.]+]|[0-9.]+):)?(?<host>\\d+(?:-\\d+)?):(?<container>\\d+(?:-\\d+)?)(?:/(?<protocol>\\w+))?");

    static List<PublishedPort> parse(String text) {
        var parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new Failure("port '" + text + "': expected [IP:]HOST:CONTAINER[/tcp|udp|sctp], such as 8080:80");
        }
        var ip = parts.group("ip") == null ? "" : parts.group("ip").replaceAll("[\\[\\]]", "");
        var host = range(text, parts.group("host"));
        var container = range(text, parts.group("container"));
        if (host.length != container.length) {
            throw new Failure("port '" + text + "': the two ranges differ in length");
        }
        var protocol = protocol(text, parts.group("protocol"));
        return IntStream.range(0, host.length)
                .mapToObj(i -> new PublishedPort(ip, host[i], container[i], protocol))
                .toList();
    }

    PortMapping message() {
        return PortMapping.newBuilder()
                .setHostIp(hostIp)
                .setHostPort(hostPort)
                .setContainerPort(containerPort)
                .setProtocol(protocol)
                .build();
    }

    /** As {@code ps} shows it. */
    @Override
    public String toString() {
        var ip = hostIp.isEmpty() ? "" : hostIp.contains(":") ? "[" + hostIp + "]:" : hostIp + ":";
        return ip + hostPort + "->" + containerPort + "/" + protocol.name().toLowerCase(Locale.ROOT);
    }

    private static int[] range(String whole, String text) {
        var dash = text.indexOf('-');
        var first = port(whole, dash < 0 ? text : text.substring(0, dash));
        var last = dash < 0 ? first : port(whole, text.substring(dash + 1));
        if (last < first) {
            throw new Failure("port '" + whole + "': the range " + text + " runs backwards");
        }
        return IntStream.rangeClosed(first, last).toArray();
    }

    private static int port(String whole, String text) {
        var port = text.length() > 5 ? 0 : Integer.parseInt(text);
        if (port < 1 || port > 0xFFFF) {
            throw new Failure("port '" + whole + "': ports are 1 to 65535");
        }
        return port;
    }

    private static Protocol protocol(String whole, String text) {
        return switch (text == null ? "tcp" : text.toLowerCase(Locale.ROOT)) {
            case "tcp" -> Protocol.TCP;
            case "udp" -> Protocol.UDP;
            case "sctp" -> Protocol.SCTP;
            default -> throw new Failure("port '" + whole + "': the protocol is tcp, udp or sctp");
        };
    }
}
