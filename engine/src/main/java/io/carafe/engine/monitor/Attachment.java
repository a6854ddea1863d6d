package io.carafe.engine.monitor;

import io.carafe.base.CarafeException;
import io.carafe.base.ProcessIo;
import io.carafe.base.ProcessIo.TerminalSize;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.socket.SeqpacketSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A client's connection with conmon. From conmon each message starts with a byte that names the stream, 2 or 3; to conmon
 * goes raw input, and a shutdown is its end.
 */
final class Attachment implements AutoCloseable {

    private static final byte STDOUT = 2;
    private static final byte STDERR = 3;
    private static final int LARGEST_OUTPUT = 8192 + 1;
    private static final int LARGEST_INPUT = 8192;

    private final SeqpacketSocket socket;

    private Attachment(SeqpacketSocket socket) {
        this.socket = socket;
    }

    static Attachment connect(String id, Path path) {
        try {
            return new Attachment(SeqpacketSocket.connect(path));
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ECONNREFUSED) {
                throw new CarafeException.FailedPrecondition(
                        "attach to container " + id + ": it does not run any more", e);
            }
            throw new CarafeException.Internal("attach to container " + id + ": " + e.getMessage(), e);
        }
    }

    /** Carries both ways until the container's output ends or the client is gone. */
    void serve(ProcessIo io, Consumer<TerminalSize> resize) {
        // also without a terminal: it tells the client that the streams are joined
        io.onResize(io.terminal() ? resize : _ -> {});
        var input = io.stdin() == null
                ? null
                : Thread.ofVirtual().name("attach-stdin").start(() -> sendAll(io.stdin()));
        try {
            receiveAll(io);
        } catch (IOException | CarafeException.Cancelled e) {
            // the client's side is closed, or it was told to leave
        } finally {
            if (input != null) {
                input.interrupt();
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }

    private void receiveAll(ProcessIo io) throws IOException {
        var message = new byte[LARGEST_OUTPUT];
        try (var stdout = io.stdout();
                var stderr = io.stderr()) {
            while (true) {
                int length = socket.receive(message);
                if (length < 0) {
                    return;
                }
                var stream = length > 0 && message[0] == STDERR
                        ? stderr
                        : length > 0 && message[0] == STDOUT ? stdout : null;
                if (stream != null) {
                    write(stream, message, length);
                }
            }
        }
    }

    private static void write(OutputStream stream, byte[] message, int length) throws IOException {
        stream.write(message, 1, length - 1);
        stream.flush();
    }

    private void sendAll(InputStream stdin) {
        var buffer = new byte[LARGEST_INPUT];
        try {
            int count;
            while ((count = stdin.read(buffer)) >= 0) {
                if (count > 0) {
                    socket.send(buffer, count);
                }
            }
            socket.shutdownWrite();
        } catch (IOException | CarafeException.Cancelled e) {
            // either side is gone; the output's end says so
        }
    }
}
