package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.network.IpLiteral.Network;
import java.net.Inet4Address;
import java.util.List;
import java.util.stream.Stream;

/**
 * The networks from which the pods of this node get their addresses, as the cluster hands them out: one of IPv4, one of
 * IPv6, or one of each, the primary first.
 */
record PodCidrs(List<Network> networks) {

    /** Of IPv4 and IPv6: what is smaller has no room for a gateway and pods. */
    private static final int LONGEST_V4 = 30;

    private static final int LONGEST_V6 = 126;

    /** Reads a list such as {@code 10.244.1.0/24,fd00:244:1::/64}. */
    static PodCidrs parse(String text) {
        var networks = Stream.of(text.split(",", -1))
                .map(part -> checked(IpLiteral.parseNetwork("pod CIDR", part.strip())))
                .toList();
        long v4 = networks.stream().filter(PodCidrs::isV4).count();
        if (v4 > 1 || networks.size() - v4 > 1) {
            throw new InvalidArgument(
                    "pod CIDR '" + Text.shorten(text) + "': at most one network of IPv4 and one of IPv6 is taken");
        }
        return new PodCidrs(networks);
    }

    /** The networks in canonical form. */
    List<String> texts() {
        return networks.stream()
                .map(network -> IpLiteral.text(network.address()) + "/" + network.prefix())
                .toList();
    }

    /** The default route of each family. */
    List<String> defaultRoutes() {
        return networks.stream()
                .map(network -> isV4(network) ? "0.0.0.0/0" : "::/0")
                .toList();
    }

    private static boolean isV4(Network network) {
        return network.address() instanceof Inet4Address;
    }

    private static Network checked(Network network) {
        var where = "pod CIDR " + IpLiteral.text(network.address()) + "/" + network.prefix();
        int longest = isV4(network) ? LONGEST_V4 : LONGEST_V6;
        if (network.prefix() < 1 || network.prefix() > longest) {
            throw new InvalidArgument(where + ": the prefix must be 1 to " + longest);
        }
        var bytes = network.address().getAddress();
        for (int bit = network.prefix(); bit < bytes.length * 8; bit++) {
            if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) {
                throw new InvalidArgument(where + ": it has bits set behind its prefix, so it is no network");
            }
        }
        return network;
    }
}
