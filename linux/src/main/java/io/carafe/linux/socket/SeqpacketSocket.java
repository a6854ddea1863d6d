package io.carafe.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
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
import java.nio.file.Path;

/** A connected Unix socket that keeps message boundaries (unix(7), SOCK_SEQPACKET), which {@code java.nio} has not. */
public final class SeqpacketSocket implements AutoCloseable {

    private static final short AF_UNIX = 1;
    private static final int TYPE = 5 | 0x80000 | 0x800; // SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK
    private static final int PATH_LIMIT = 108;
    private static final int SHUT_WR = 1;
    private static final int O_PATH_DIRECTORY = 0x200000 | 0x80000; // O_PATH | O_CLOEXEC

    private static final CFunction SOCKET = CFunction.returningInt("socket");
    private static final CFunction CONNECT = CFunction.returningInt("connect");
    private static final CFunction SHUTDOWN = CFunction.returningInt("shutdown");
    private static final CFunction OPEN = CFunction.returningInt("open");

    private final Fd fd;

    private SeqpacketSocket(Fd fd) {
        this.fd = fd;
    }

    /**
     * Connects to the socket at {@code path}, however long that is: a socket's name has at most 107 bytes, so its
     * directory is opened and named by its descriptor.
     *
     * @throws SyscallException ENOENT or ECONNREFUSED if nobody listens there
     */
    public static SeqpacketSocket connect(Path path) throws SyscallException {
        try (var arena = Arena.ofConfined();
                var directory = openDirectory(arena, path.getParent())) {
            var name = "/proc/self/fd/" + directory.number() + "/" + path.getFileName();
            var bytes = name.getBytes(StandardCharsets.UTF_8);
            if (bytes.length >= PATH_LIMIT) {
                throw new SyscallException("connect", path.toString(), Errno.ENAMETOOLONG);
            }
            var errno = Native.errnoIn(arena);
            int number = (int) SOCKET.call(errno, AF_UNIX, TYPE, 0);
            if (number < 0) {
                throw new SyscallException("socket", path.toString(), Native.errno(errno));
            }
            var socket = Fd.own(number);
            var address = arena.allocate(2 + PATH_LIMIT, 2);
            address.set(JAVA_SHORT, 0, AF_UNIX);
            MemorySegment.copy(bytes, 0, address, JAVA_BYTE, 2, bytes.length);
            if (CONNECT.call(errno, number, address.address(), 2 + bytes.length + 1) < 0) {
                int error = Native.errno(errno);
                socket.close();
                throw new SyscallException("connect", path.toString(), error);
            }
            return new SeqpacketSocket(socket);
        }
    }

    /**
     * Takes the next message, cut to the room there is.
     *
     * @return its length, or -1 if the other side is gone
     */
    public int receive(byte[] into) throws IOException {
        while (true) {
            int count;
            try {
                count = fd.read(into, 0, into.length);
            } catch (SyscallException e) {
                if (e.errno() == Errno.ECONNRESET) {
                    return -1;
                }
                throw e;
            }
            if (count != Fd.WOULD_BLOCK) {
                return count;
            }
            fd.awaitReadable(Deadline.none());
        }
    }

    /** Sends one message, whole. */
    public void send(byte[] message, int length) throws IOException {
        fd.writeFully(message, 0, length, Deadline.none());
    }

    /** Says that nothing more will be sent. */
    public void shutdownWrite() throws IOException {
        fd.whileOpen(SeqpacketSocket::shutdown);
    }

    private static Void shutdown(int number) throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            if (SHUTDOWN.call(errno, number, SHUT_WR) < 0 && Native.errno(errno) != Errno.ENOTCONN) {
                throw new SyscallException("shutdown", "fd " + number, Native.errno(errno));
            }
            return null;
        }
    }

    @Override
    public void close() {
        fd.close();
    }

    private static Fd openDirectory(Arena arena, Path directory) throws SyscallException {
        var errno = Native.errnoIn(arena);
        int number = (int) OPEN.call(errno, Native.string(arena, directory.toString()), O_PATH_DIRECTORY);
        if (number < 0) {
            throw new SyscallException("open", directory.toString(), Native.errno(errno));
        }
        return Fd.own(number);
    }
}
