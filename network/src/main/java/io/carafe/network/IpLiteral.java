package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Addresses in their textual form; never looked up by name, and never the shortened forms of {@code inet_aton}. */
public final class IpLiteral {

    private IpLiteral() {}

    /** The canonical form, for IPv6 that of RFC 5952: {@code fd00:234::2}, which the JDK does not write. */
    public static String text(InetAddress address) {
        var bytes = address.getAddress();
        if (bytes.length == 4) {
            return address.getHostAddress();
        }
        var groups = new int[8];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = (bytes[2 * i] & 0xFF) << 8 | (bytes[2 * i + 1] & 0xFF);
        }
        var zeros = longestZeros(groups);
        return zeros.length() < 2
                ? hex(groups, 0, groups.length)
                : hex(groups, 0, zeros.start()) + "::" + hex(groups, zeros.start() + zeros.length(), groups.length);
    }

    private record Run(int start, int length) {}

    private static Run longestZeros(int[] groups) {
        var longest = new Run(0, 0);
        for (int start = 0; start < groups.length; start++) {
            int end = start;
            while (end < groups.length && groups[end] == 0) {
                end++;
            }
            if (end - start > longest.length()) {
                longest = new Run(start, end - start);
            }
        }
        return longest;
    }

    private static String hex(int[] groups, int from, int to) {
        return Arrays.stream(groups, from, to).mapToObj(Integer::toHexString).collect(Collectors.joining(":"));
    }

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
