package io.carafe.linux.socket;

import io.carafe.base.Deadline;
import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** A connected Unix socket that keeps message boundaries (unix(7), SOCK_SEQPACKET), which {@code java.nio} has not. */
public final class SeqpacketSocket implements AutoCloseable {

    private static final int SHUT_WR = 1;

    private static final CFunction SHUTDOWN = CFunction.returningInt("shutdown");

    private final Fd fd;

    private SeqpacketSocket(Fd fd) {
        this.fd = fd;
    }

    /**
     * Connects to the socket at {@code path}, however long that is.
     *
     * @throws SyscallException ENOENT or ECONNREFUSED if nobody listens there
     */
    public static SeqpacketSocket connect(Path path) throws SyscallException {
        return new SeqpacketSocket(UnixSocket.connect(path, UnixSocket.Type.SEQPACKET));
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
}
