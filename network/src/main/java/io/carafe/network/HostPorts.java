package io.carafe.network;

import io.carafe.base.CarafeException.FailedPrecondition;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which of the node's ports lead to which pod. The portmap plugin asks nobody: of two pods with one port the second would
 * never be reached, and a program of the node that listens there would lose its port.
 */
final class HostPorts {

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Attachment.Key, List<PortMapping>> taken = new HashMap<>();

    /** Notes ports of an attachment that was made before, without a question. */
    void restore(Attachment.Key key, List<PortMapping> mappings) {
        lock.lock();
        try {
            taken.put(key, mappings);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes the ports of an attachment until {@link #release}.
     *
     * @throws FailedPrecondition naming who has one of them
     */
    void take(Attachment.Key key, List<PortMapping> mappings) {
        if (mappings.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            for (var mapping : mappings) {
                requireFree(key, mapping);
            }
            taken.put(key, mappings);
        } finally {
            lock.unlock();
        }
    }

    void release(Attachment.Key key) {
        lock.lock();
        try {
            taken.remove(key);
        } finally {
            lock.unlock();
        }
    }

    private void requireFree(Attachment.Key key, PortMapping wanted) {
        taken.forEach((owner, mappings) -> {
            if (!owner.equals(key) && mappings.stream().anyMatch(mapping -> collide(mapping, wanted))) {
                throw new FailedPrecondition(name(wanted) + " leads to pod " + owner.containerId() + " already");
            }
        });
        try {
            bind(wanted);
        } catch (BindException e) {
            throw new FailedPrecondition(name(wanted) + " cannot be had: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new FailedPrecondition(name(wanted) + " cannot be tried: " + e.getMessage(), e);
        }
    }

    private static boolean collide(PortMapping one, PortMapping other) {
        return one.protocol() == other.protocol()
                && one.hostPort() == other.hostPort()
                && (isAny(one.hostIp()) || isAny(other.hostIp()) || one.hostIp().equals(other.hostIp()));
    }

    private static boolean isAny(String ip) {
        return ip.isEmpty() || InetAddress.ofLiteral(ip).isAnyLocalAddress();
    }

    /** Fails if a program of the node has the port. It is left at once: the firewall sends the packets elsewhere. */
    private static void bind(PortMapping mapping) throws IOException {
        var address = mapping.hostIp().isEmpty()
                ? new InetSocketAddress(mapping.hostPort())
                : new InetSocketAddress(InetAddress.ofLiteral(mapping.hostIp()), mapping.hostPort());
        switch (mapping.protocol()) {
            case TCP -> {
                try (var socket = ServerSocketChannel.open()) {
                    // a connection that lingers in TIME_WAIT is nobody's claim
                    socket.setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(address);
                }
            }
            case UDP -> {
                try (var socket = DatagramChannel.open()) {
                    socket.bind(address);
                }
            }
            case SCTP -> {} // the JDK's sockets for it need a library that nodes do not have
        }
    }

    private static String name(PortMapping mapping) {
        var ip = mapping.hostIp().isEmpty() ? "" : " of " + mapping.hostIp();
        return "port " + mapping.hostPort() + "/" + mapping.protocol().wireName() + ip + " of the node";
    }
}
