package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.net.InetAddress;

/** Addresses in their textual form; never looked up by name, and never the shortened forms of {@code inet_aton}. */
final class IpLiteral {

    private IpLiteral() {}

    static InetAddress parse(String what, String text) {
        var v4 = text.indexOf(':') < 0;
        try {
            // ofLiteral takes zone ids and "10.1"; a network's address is neither
            if (text.indexOf('%') < 0 && (!v4 || isDottedQuad(text))) {
                return InetAddress.ofLiteral(text);
            }
        } catch (IllegalArgumentException e) {
            throw new InvalidArgument(what + " '" + Text.shorten(text) + "': not an ip address", e);
        }
        throw new InvalidArgument(what + " '" + Text.shorten(text) + "': not an ip address");
    }

    /** An address with its network, such as {@code 10.1.0.2/16}. */
    static Network parseNetwork(String what, String text) {
        var slash = text.indexOf('/');
        if (slash < 0) {
            throw new InvalidArgument(what + " '" + Text.shorten(text) + "': must be ADDRESS/PREFIX");
        }
        var address = parse(what, text.substring(0, slash));
        var prefix = text.substring(slash + 1);
        var longest = address.getAddress().length * 8;
        if (!prefix.matches("[0-9]{1,3}") || Integer.parseInt(prefix) > longest) {
            throw new InvalidArgument(what + " '" + Text.shorten(text) + "': the prefix must be 0 to " + longest);
        }
        return new Network(address, Integer.parseInt(prefix));
    }

    static void parseAddressOrNetwork(String what, String text) {
        if (text.indexOf('/') < 0) {
            parse(what, text);
        } else {
            parseNetwork(what, text);
        }
    }

    private static boolean isDottedQuad(String text) {
        return text.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    }

    record Network(InetAddress address, int prefix) {}
}
