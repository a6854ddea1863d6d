package io.carafe.network;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * What a network made for an attachment, in the shape of CNI 1.x whatever version the plugins speak.
 *
 * @param network the name of the network
 * @param ips in the plugins' order: the first is the pod's primary address
 */
public record CniResult(String network, List<Interface> interfaces, List<Ip> ips, List<Route> routes, Dns dns) {
    public CniResult {
        interfaces = List.copyOf(interfaces);
        ips = List.copyOf(ips);
        routes = List.copyOf(routes);
    }

    /** The pod's own addresses, primary first: those on an interface inside its namespace, or on none in particular. */
    public List<InetAddress> podIps() {
        return ips.stream()
                .filter(ip -> ip.interfaceIndex().isEmpty()
                        || !interfaces.get(ip.interfaceIndex().get()).sandbox().isEmpty())
                .map(Ip::address)
                .distinct()
                .toList();
    }

    /** @param sandbox the network namespace it is in; empty for one of the node */
    public record Interface(String name, String mac, String sandbox) {}

    /** @param interfaceIndex which of {@link CniResult#interfaces} has it */
    public record Ip(
            InetAddress address, int prefix, Optional<InetAddress> gateway, Optional<Integer> interfaceIndex) {}

    public record Route(InetAddress destination, int prefix, Optional<InetAddress> gateway) {}

    /** Name service of the network; also the {@code dns} capability's argument. */
    public record Dns(List<String> nameservers, String domain, List<String> search, List<String> options) {

        public static final Dns NONE = new Dns(List.of(), "", List.of(), List.of());

        public Dns {
            nameservers = List.copyOf(nameservers);
            search = List.copyOf(search);
            options = List.copyOf(options);
        }
    }
}
