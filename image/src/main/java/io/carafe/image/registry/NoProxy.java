package io.carafe.image.registry;

import io.carafe.base.CarafeException.InvalidArgument;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The hosts that are reached without a proxy: a list, separated by commas, of addresses, address blocks, domains with all
 * that is under them, {@code .domains} without the domain itself, each but the blocks with {@code :port} if wanted, or
 * {@code *} for all.
 */
record NoProxy(List<Rule> rules) {

    static final NoProxy NOTHING = new NoProxy(List.of());

    private sealed interface Rule {
        boolean covers(String host, int port);
    }

    private record All() implements Rule {
        @Override
        public boolean covers(String host, int port) {
            return true;
        }
    }

    /** @param port 0 for any */
    private record Domain(String suffix, boolean itself, int port) implements Rule {
        @Override
        public boolean covers(String host, int hostPort) {
            return (port == 0 || port == hostPort) && (host.endsWith("." + suffix) || (itself && host.equals(suffix)));
        }
    }

    /** @param prefix how many of the leading bits count */
    private record Block(InetAddress address, int prefix, int port) implements Rule {

        /** One address alone. */
        private Block(InetAddress address, int port) {
            this(address, bits(address), port);
        }

        @Override
        public boolean covers(String host, int hostPort) {
            var other = literal(host);
            boolean comparable = other != null && bits(other) == bits(address) && (port == 0 || port == hostPort);
            return comparable && leading(other).equals(leading(address));
        }

        private BigInteger leading(InetAddress of) {
            return new BigInteger(1, of.getAddress()).shiftRight(bits(of) - prefix);
        }

        private static int bits(InetAddress address) {
            return address.getAddress().length * 8;
        }
    }

    static NoProxy parse(String text) {
        var rules = new ArrayList<Rule>();
        for (var part : text.split(",")) {
            var entry = part.strip().toLowerCase(Locale.ROOT);
            if (!entry.isEmpty()) {
                rules.add(rule(entry));
            }
        }
        return new NoProxy(List.copyOf(rules));
    }

    private static Rule rule(String entry) {
        if (entry.equals("*")) {
            return new All();
        }
        int slash = entry.indexOf('/');
        var address = literal(slash < 0 ? entry : entry.substring(0, slash));
        if (slash >= 0) {
            return block(entry, address, entry.substring(slash + 1));
        }
        if (address != null) {
            return new Block(address, 0);
        }
        int port = 0;
        int colon = entry.lastIndexOf(':');
        if (colon >= 0 && entry.substring(colon + 1).matches("\\d{1,5}")) {
            port = Integer.parseInt(entry.substring(colon + 1));
            entry = entry.substring(0, colon);
            address = literal(entry);
            if (address != null) {
                return new Block(address, port);
            }
        }
        entry = entry.startsWith("*.") ? entry.substring(1) : entry;
        return entry.startsWith(".") ? new Domain(entry.substring(1), false, port) : new Domain(entry, true, port);
    }

    private static Rule block(String entry, InetAddress address, String prefix) {
        if (address == null || !prefix.matches("\\d{1,3}") || Integer.parseInt(prefix) > Block.bits(address)) {
            throw new InvalidArgument("NO_PROXY: " + entry + " is no block of addresses, such as 10.0.0.0/8");
        }
        return new Block(address, Integer.parseInt(prefix), 0);
    }

    boolean covers(URI uri) {
        var host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
        var name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        int usual = "https".equals(uri.getScheme()) ? 443 : 80;
        int port = uri.getPort() < 0 ? usual : uri.getPort();
        return isLoopback(name) || rules.stream().anyMatch(rule -> rule.covers(name, port));
    }

    private static boolean isLoopback(String host) {
        var address = literal(host);
        return host.equals("localhost") || (address != null && address.isLoopbackAddress());
    }

    /** The IP address that {@code text} is; null if it is none. No name is looked up. */
    private static InetAddress literal(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
