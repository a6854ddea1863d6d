package io.carafe.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Connects Unix sockets (unix(7)) as non-blocking descriptors. */
public final class UnixSocket {

    /** What a socket does with the borders between writes. */
    public enum Type {
        STREAM(1),
        DATAGRAM(2),
        SEQPACKET(5);

        private final int number;

        Type(int number) {
            this.number = number;
        }
    }

    private static final short AF_UNIX = 1;
    private static final int FLAGS = 0x80000 | 0x800; // SOCK_CLOEXEC | SOCK_NONBLOCK
    private static final int PATH_LIMIT = 108;
    private static final int O_PATH_DIRECTORY = 0x200000 | 0x80000; // O_PATH | O_CLOEXEC

    private static final CFunction SOCKET = CFunction.returningInt("socket");
    private static final CFunction CONNECT = CFunction.returningInt("connect");
    private static final CFunction OPEN = CFunction.returningInt("open");

    private UnixSocket() {}

    /**
     * Connects to the socket at {@code path}, however long that is: a socket's name has at most 107 bytes, so its
     * directory is opened and named by its descriptor.
     *
     * @throws SyscallException ENOENT or ECONNREFUSED if nobody listens there
     */
    public static Fd connect(Path path, Type type) throws SyscallException {
        try (var arena = Arena.ofConfined();
                var directory = openDirectory(arena, path.getParent())) {
            var name = "/proc/self/fd/" + directory.number() + "/" + path.getFileName();
            var bytes = name.getBytes(StandardCharsets.UTF_8);
            if (bytes.length >= PATH_LIMIT) {
                throw new SyscallException("connect", path.toString(), Errno.ENAMETOOLONG);
            }
            return connect(arena, bytes, bytes.length + 1, path.toString(), type);
        }
    }

    /**
     * Connects to a socket of the abstract namespace, which has no file.
     *
     * @param name without the zero byte that marks such names
     */
    public static Fd connectAbstract(String name, Type type) throws SyscallException {
        var bytes = ("\0" + name).getBytes(StandardCharsets.UTF_8);
        if (bytes.length > PATH_LIMIT) {
            throw new SyscallException("connect", "@" + name, Errno.ENAMETOOLONG);
        }
        try (var arena = Arena.ofConfined()) {
            return connect(arena, bytes, bytes.length, "@" + name, type);
        }
    }

    private static Fd connect(Arena arena, byte[] name, int length, String subject, Type type) throws SyscallException {
        var errno = Native.errnoIn(arena);
        int number = (int) SOCKET.call(errno, AF_UNIX, type.number | FLAGS, 0);
        if (number < 0) {
            throw new SyscallException("socket", subject, Native.errno(errno));
        }
        var socket = Fd.own(number, subject);
        var address = arena.allocate(2 + PATH_LIMIT, 2);
        address.set(JAVA_SHORT, 0, AF_UNIX);
        MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
        if (CONNECT.call(errno, number, address.address(), 2 + length) < 0) {
            int error = Native.errno(errno);
            socket.close();
            throw new SyscallException("connect", subject, error);
        }
        return socket;
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
