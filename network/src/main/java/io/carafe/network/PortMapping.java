package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.util.Locale;

/**
 * A port of the node that leads to a port of the pod; the {@code portMappings} capability.
 *
 * @param hostIp the address of the node to listen on, empty for all
 */
public record PortMapping(Protocol protocol, int hostPort, int containerPort, String hostIp) {

    public enum Protocol {
        TCP,
        UDP,
        SCTP;

        /** The name that plugins expect. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public PortMapping {
        if (hostPort < 1 || hostPort > 0xFFFF || containerPort < 1 || containerPort > 0xFFFF) {
            throw new InvalidArgument("port mapping " + hostPort + " to " + containerPort + ": ports are 1 to 65535");
        }
        if (!hostIp.isEmpty()) {
            IpLiteral.parse("host ip of port mapping " + hostPort, hostIp);
        }
    }

    public static PortMapping tcp(int hostPort, int containerPort) {
        return new PortMapping(Protocol.TCP, hostPort, containerPort, "");
    }
}
