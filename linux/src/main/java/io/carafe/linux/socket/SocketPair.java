package io.carafe.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.carafe.linux.CFunction;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.lang.foreign.Arena;

/**
 * Two Unix stream sockets that are connected to each other (socketpair(2)), closed on exec: {@code ours} is non-blocking,
 * {@code theirs} is for a child.
 */
public record SocketPair(Fd ours, Fd theirs) implements AutoCloseable {

    private static final int AF_UNIX = 1;
    private static final int TYPE = 1 | 0x80000; // SOCK_STREAM | SOCK_CLOEXEC
    private static final CFunction SOCKETPAIR = CFunction.returningInt("socketpair");

    public static SocketPair open() throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var ends = arena.allocate(JAVA_INT, 2);
            if (SOCKETPAIR.call(errno, AF_UNIX, TYPE, 0, ends.address()) < 0) {
                throw new SyscallException("socketpair", "", Native.errno(errno));
            }
            var ours = Fd.own(ends.getAtIndex(JAVA_INT, 0), "socket to a child");
            return new SocketPair(ours.nonBlocking(), Fd.own(ends.getAtIndex(JAVA_INT, 1)));
        }
    }

    @Override
    public void close() {
        ours.close();
        theirs.close();
    }
}
