package io.carafe.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.carafe.base.Deadline;
import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an OCI runtime leaves the terminal that it made in a container: it connects and sends one message with the
 * master's descriptor (runc's {@code --console-socket}; unix(7), SCM_RIGHTS).
 */
public final class ConsoleSocket implements AutoCloseable {

    private static final int AF_UNIX = 1;
    private static final int FLAGS = 0x80000 | 0x800; // SOCK_CLOEXEC | SOCK_NONBLOCK
    private static final int SOCK_STREAM = 1;
    private static final int PATH_LIMIT = 108;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    // struct msghdr of 64-bit Linux
    private static final int MSGHDR_SIZE = 56;
    private static final int MSGHDR_IOV = 16;
    private static final int MSGHDR_IOVLEN = 24;
    private static final int MSGHDR_CONTROL = 32;
    private static final int MSGHDR_CONTROLLEN = 40;
    /** Room for the header and one descriptor: the kernel closes what does not fit. */
    private static final int CONTROL_SIZE = 24;

    private static final int CONTROL_LEVEL = 8;
    private static final int CONTROL_TYPE = 12;
    private static final int CONTROL_DATA = 16;

    private static final CFunction SOCKET = CFunction.returningInt("socket");
    private static final CFunction BIND = CFunction.returningInt("bind");
    private static final CFunction LISTEN = CFunction.returningInt("listen");
    private static final CFunction ACCEPT4 = CFunction.returningInt("accept4");
    private static final CFunction RECVMSG = CFunction.returningLong("recvmsg");

    private final Fd listener;
    private final Path path;
    private volatile boolean noMore;

    private ConsoleSocket(Fd listener, Path path) {
        this.listener = listener;
        this.path = path;
    }

    /** @param path at most 107 bytes, since the runtime connects by this name */
    public static ConsoleSocket listen(Path path) throws SyscallException {
        var name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length >= PATH_LIMIT) {
            throw new SyscallException("bind", path.toString(), Errno.ENAMETOOLONG);
        }
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            int number = (int) SOCKET.call(errno, AF_UNIX, SOCK_STREAM | FLAGS, 0);
            if (number < 0) {
                throw new SyscallException("socket", path.toString(), Native.errno(errno));
            }
            var listener = Fd.own(number);
            var address = arena.allocate(2 + PATH_LIMIT, 2);
            address.set(JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
            if (BIND.call(errno, number, address.address(), 2 + name.length + 1) < 0
                    || LISTEN.call(errno, number, 1) < 0) {
                int error = Native.errno(errno);
                listener.close();
                throw new SyscallException("bind", path.toString(), error);
            }
            return new ConsoleSocket(listener, path);
        }
    }

    /**
     * Waits for the terminal.
     *
     * @return its master, non-blocking; nothing if {@link #expectNoMore} was called and none had come until then
     */
    public Optional<Fd> receive(Deadline deadline) throws IOException {
        while (true) {
            boolean last = noMore; // read before the queue: what comes after it was called is not waited for
            var connection = accept();
            if (connection.isPresent()) {
                try (var from = connection.get()) {
                    from.awaitReadable(deadline);
                    return receiveFrom(from);
                }
            }
            if (last || !listener.awaitReadable(deadline)) {
                return Optional.empty();
            }
        }
    }

    /** The runtime has ended: whoever waits need not wait for what has not come yet. */
    public void expectNoMore() {
        noMore = true;
        listener.wakeReader();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        Files.deleteIfExists(path);
    }

    private Optional<Fd> accept() throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            int number = (int) ACCEPT4.call(errno, listener.number(), 0, 0, FLAGS);
            if (number >= 0) {
                return Optional.of(Fd.own(number));
            }
            if (Native.errno(errno) == Errno.EAGAIN) {
                return Optional.empty();
            }
            throw new SyscallException("accept", path.toString(), Native.errno(errno));
        }
    }

    private Optional<Fd> receiveFrom(Fd connection) throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            // the message itself is the terminal's name, which nobody needs
            var text = arena.allocate(4096);
            var iov = arena.allocate(JAVA_LONG, 2);
            iov.setAtIndex(JAVA_LONG, 0, text.address());
            iov.setAtIndex(JAVA_LONG, 1, text.byteSize());
            var control = arena.allocate(CONTROL_SIZE, 8);
            var message = arena.allocate(MSGHDR_SIZE, 8);
            message.set(JAVA_LONG, MSGHDR_IOV, iov.address());
            message.set(JAVA_LONG, MSGHDR_IOVLEN, 1);
            message.set(JAVA_LONG, MSGHDR_CONTROL, control.address());
            message.set(JAVA_LONG, MSGHDR_CONTROLLEN, CONTROL_SIZE);
            long count = RECVMSG.call(errno, connection.number(), message.address(), MSG_CMSG_CLOEXEC);
            if (count < 0) {
                throw new SyscallException("recvmsg", path.toString(), Native.errno(errno));
            }
            boolean hasDescriptor = message.get(JAVA_LONG, MSGHDR_CONTROLLEN) >= CONTROL_DATA + JAVA_INT.byteSize()
                    && control.get(JAVA_INT, CONTROL_LEVEL) == SOL_SOCKET
                    && control.get(JAVA_INT, CONTROL_TYPE) == SCM_RIGHTS;
            return hasDescriptor
                    ? Optional.of(Fd.own(control.get(JAVA_INT, CONTROL_DATA)).nonBlocking())
                    : Optional.empty();
        }
    }
}
