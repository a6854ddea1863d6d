package io.carafe.linux.net;

import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The two things Carafe asks of rtnetlink(7), each in the network namespace of the calling thread; see
 * {@link NetnsThreads#call} for others. It spares a CNI plugin ({@code loopback}) and a parse of {@code /proc/net/dev}.
 */
public final class RouteNetlink implements AutoCloseable {

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int NETLINK_ROUTE = 0;

    private static final short RTM_NEWLINK = 16;
    private static final short RTM_GETLINK = 18;
    private static final short NLM_F_REQUEST = 1;
    private static final short NLM_F_ACK = 4;
    private static final short NLM_F_DUMP = 0x300;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int NLMSG_HEADER = 16;
    private static final int IFINFO_LENGTH = 16;

    private static final int IFF_UP = 1;
    private static final int IFF_LOOPBACK = 8;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_STATS64 = 23;
    /** The loopback interface is the first that every namespace gets ({@code LOOPBACK_IFINDEX}). */
    private static final int LOOPBACK_INDEX = 1;

    private static final int RECEIVE_BUFFER = 64 << 10;

    private static final CFunction SOCKET = CFunction.returningInt("socket");
    private static final CFunction SEND = CFunction.returningLong("send");
    private static final CFunction RECV = CFunction.returningLong("recv");
    private static final CFunction CLOSE = CFunction.returningInt("close");

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment errno = Native.errnoIn(arena);
    private final MemorySegment buffer = arena.allocate(RECEIVE_BUFFER, 8);
    private final int fd;

    private RouteNetlink() throws IOException {
        fd = (int) SOCKET.call(errno, AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0) {
            throw new SyscallException("socket", "AF_NETLINK", Native.errno(errno));
        }
    }

    /** Brings {@code lo} up, which gives it 127.0.0.1 and ::1; done already is done. */
    public static void loopbackUp() throws IOException {
        try (var netlink = new RouteNetlink()) {
            netlink.send(RTM_NEWLINK, NLM_F_ACK, LOOPBACK_INDEX, IFF_UP);
            netlink.receive("set lo up", (_, _) -> {});
        }
    }

    /** The counters of all interfaces, in the kernel's order. */
    public static List<InterfaceStats> interfaceStats() throws IOException {
        try (var netlink = new RouteNetlink()) {
            netlink.send(RTM_GETLINK, NLM_F_DUMP, 0, 0);
            var found = new ArrayList<InterfaceStats>();
            netlink.receive("list interfaces", (type, body) -> {
                if (type == RTM_NEWLINK) {
                    found.add(parseLink(body));
                }
            });
            return found;
        }
    }

    @Override
    public void close() {
        CLOSE.call(errno, fd);
        arena.close();
    }

    /** One {@code struct nlmsghdr} and {@code struct ifinfomsg}; {@code flags} is also the mask of flags to change. */
    private void send(short type, short mode, int index, int flags) throws IOException {
        var length = NLMSG_HEADER + IFINFO_LENGTH;
        var message = buffer.asSlice(0, length).fill((byte) 0).asByteBuffer().order(ByteOrder.nativeOrder());
        message.putInt(length).putShort(type).putShort((short) (NLM_F_REQUEST | mode));
        message.putInt(1).putInt(0); // sequence number, port id chosen by the kernel
        message.putShort((short) 0).putShort((short) 0); // any family, any hardware type
        message.putInt(index).putInt(flags).putInt(flags);
        if (SEND.call(errno, fd, buffer.address(), length, 0) < 0) {
            throw new SyscallException("send", "netlink request " + type, Native.errno(errno));
        }
    }

    private interface Receiver {
        void message(int type, ByteBuffer body);
    }

    /** Hands over messages until the one that ends a dump or acknowledges a request. */
    private void receive(String action, Receiver receiver) throws IOException {
        while (true) {
            var datagram = nextDatagram(action);
            while (datagram.remaining() >= NLMSG_HEADER) {
                var start = datagram.position();
                var length = datagram.getInt(start);
                if (length < NLMSG_HEADER || length > datagram.remaining()) {
                    throw new IOException(action + ": malformed netlink message of length " + length);
                }
                var type = Short.toUnsignedInt(datagram.getShort(start + 4));
                var body = datagram.slice(start + NLMSG_HEADER, length - NLMSG_HEADER)
                        .order(ByteOrder.nativeOrder());
                switch (type) {
                    case NLMSG_DONE -> {
                        return;
                    }
                    case NLMSG_ERROR -> {
                        failUnlessZero(action, body.getInt(0));
                        return;
                    }
                    default -> receiver.message(type, body);
                }
                datagram.position(Math.min(datagram.limit(), start + align(length)));
            }
        }
    }

    private static void failUnlessZero(String action, int negativeErrno) throws SyscallException {
        if (negativeErrno != 0) {
            throw new SyscallException("netlink", action, -negativeErrno);
        }
    }

    private ByteBuffer nextDatagram(String action) throws IOException {
        while (true) {
            long received = RECV.call(errno, fd, buffer.address(), buffer.byteSize(), 0);
            if (received >= 0) {
                return buffer.asSlice(0, received).asByteBuffer().order(ByteOrder.nativeOrder());
            }
            if (Native.errno(errno) != Errno.EINTR) {
                throw new SyscallException("recv", action, Native.errno(errno));
            }
        }
    }

    /** A {@code struct ifinfomsg} with its {@code struct rtattr}s. */
    private static InterfaceStats parseLink(ByteBuffer body) {
        var loopback = (body.getInt(8) & IFF_LOOPBACK) != 0;
        var name = "";
        var counters = new long[8];
        var at = IFINFO_LENGTH;
        while (at + 4 <= body.limit()) {
            var length = Short.toUnsignedInt(body.getShort(at));
            if (length < 4 || at + length > body.limit()) {
                break;
            }
            var value = body.slice(at + 4, length - 4).order(ByteOrder.nativeOrder());
            switch (body.getShort(at + 2)) {
                case IFLA_IFNAME ->
                    name = StandardCharsets.UTF_8
                            .decode(value.limit(value.limit() - 1))
                            .toString();
                case IFLA_STATS64 -> value.asLongBuffer().get(counters);
                default -> {}
            }
            at += align(length);
        }
        // rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped
        return new InterfaceStats(
                name,
                loopback,
                counters[2],
                counters[0],
                counters[4],
                counters[6],
                counters[3],
                counters[1],
                counters[5],
                counters[7]);
    }

    private static int align(int length) {
        return (length + 3) & ~3;
    }
}
