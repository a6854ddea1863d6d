package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One interface of one pod: what a network is asked to make. The same value must be given to ADD, CHECK and DEL.
 *
 * @param containerId the pod's id, as the plugins know it
 * @param netns the pinned network namespace; it may be gone by the time of DEL
 * @param ifName the interface's name inside the pod, normally {@code eth0}
 * @param pod who the pod is for Kubernetes
 * @param options what the pod asks of the network beyond an address
 */
public record Attachment(String containerId, Path netns, String ifName, Pod pod, Options options) {

    private static final Pattern ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.\\-]*");
    private static final int LONGEST_ID = 128;
    private static final int LONGEST_IF_NAME = 15;

    public Attachment {
        new Key(containerId, ifName);
        Objects.requireNonNull(pod);
        Objects.requireNonNull(options);
        if (!netns.isAbsolute()) {
            throw new InvalidArgument(
                    "network namespace " + netns + " of " + containerId + ": the path must be absolute");
        }
    }

    /** A pod on {@code eth0} that asks for nothing but an address. */
    public Attachment(String containerId, Path netns, Pod pod) {
        this(containerId, netns, "eth0", pod, Options.NONE);
    }

    public Attachment withPortMappings(List<PortMapping> portMappings) {
        return withOptions(options.withPortMappings(portMappings));
    }

    public Attachment withOptions(Options newOptions) {
        return new Attachment(containerId, netns, ifName, pod, newOptions);
    }

    public Key key() {
        return new Key(containerId, ifName);
    }

    /** What tells attachments of one node apart. */
    public record Key(String containerId, String ifName) {
        public Key {
            if (containerId.length() > LONGEST_ID || !ID.matcher(containerId).matches()) {
                throw new InvalidArgument("CNI container id '" + Text.shorten(containerId) + "': must match " + ID
                        + ", at most " + LONGEST_ID + " characters");
            }
            checkIfName(ifName);
        }
    }

    /** The pod's Kubernetes identity, passed to plugins as {@code K8S_POD_*} arguments; any part may be empty. */
    public record Pod(String namespace, String name, String uid) {
        public Pod {
            checkArgument("pod namespace", namespace);
            checkArgument("pod name", name);
            checkArgument("pod uid", uid);
        }
    }

    /**
     * Capability arguments: each reaches the plugins that declare the capability, the others never see it.
     *
     * @param mac the hardware address wanted
     * @param ips the addresses wanted, each {@code ADDRESS} or {@code ADDRESS/PREFIX}
     * @param aliases names by which other pods of the network may find this one
     */
    public record Options(
            List<PortMapping> portMappings,
            Optional<Bandwidth> bandwidth,
            Optional<CniResult.Dns> dns,
            Optional<String> mac,
            List<String> ips,
            List<String> aliases) {

        public static final Options NONE =
                new Options(List.of(), Optional.empty(), Optional.empty(), Optional.empty(), List.of(), List.of());

        private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");

        public Options {
            portMappings = List.copyOf(portMappings);
            ips = List.copyOf(ips);
            aliases = List.copyOf(aliases);
            mac.filter(address -> !MAC.matcher(address).matches()).ifPresent(address -> {
                throw new InvalidArgument(
                        "mac address '" + Text.shorten(address) + "': must look like 0a:58:0a:01:02:03");
            });
            ips.forEach(ip -> IpLiteral.parseAddressOrNetwork("wanted ip", ip));
        }

        public Options withPortMappings(List<PortMapping> wanted) {
            return new Options(wanted, bandwidth, dns, mac, ips, aliases);
        }

        public Options withBandwidth(Bandwidth wanted) {
            return new Options(portMappings, Optional.of(wanted), dns, mac, ips, aliases);
        }
    }

    /** The kernel's rule for interface names ({@code dev_valid_name}), which libcni applies too. */
    static void checkIfName(String name) {
        if (name.isEmpty()
                || name.length() > LONGEST_IF_NAME
                || name.equals(".")
                || name.equals("..")
                || name.chars().anyMatch(c -> c == '/' || c == ':' || c <= ' ' || c > '~')) {
            throw new InvalidArgument("interface name '" + Text.shorten(name)
                    + "': must be 1 to 15 characters without '/', ':' or spaces, and neither '.' nor '..'");
        }
    }

    /** CNI_ARGS is a list {@code K=V;K=V} with no way to quote. */
    private static void checkArgument(String what, String value) {
        if (value.length() > 253 || value.chars().anyMatch(c -> c == ';' || c == '=' || c < ' ')) {
            throw new InvalidArgument(what + " '" + Text.shorten(value)
                    + "': must be at most 253 characters without ';', '=' or controls");
        }
    }
}
