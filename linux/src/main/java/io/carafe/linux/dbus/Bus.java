package io.carafe.linux.dbus;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.Fd;
import io.carafe.linux.socket.UnixSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.function.Predicate;

/**
 * A connection to a message bus, for one thread and a few calls. Making one costs two round trips, so there is none to be
 * kept, watched and made again when the bus restarts.
 */
public final class Bus implements AutoCloseable {

    /** Where the system bus listens, by its specification. */
    public static final Path SYSTEM = Path.of("/run/dbus/system_bus_socket");

    private static final String BUS = "org.freedesktop.DBus";
    private static final int LONGEST_LINE = 1024;
    /** Signals that came before they were asked for; what is over would be somebody's flood. */
    private static final int MOST_SIGNALS = 4096;

    private final Fd socket;
    private final Deadline deadline;
    private final Deque<Message> signals = new ArrayDeque<>();
    private int serial;

    private Bus(Fd socket, Deadline deadline) {
        this.socket = socket;
        this.deadline = deadline;
    }

    /**
     * Connects and says who is there: the bus asks the kernel for the user (SASL EXTERNAL).
     *
     * @param deadline for this and all calls
     * @throws IOException if nobody listens there, or it does not let this user in
     */
    public static Bus connect(Path path, Deadline deadline) throws IOException {
        var bus = new Bus(UnixSocket.connect(path, UnixSocket.Type.STREAM), deadline);
        try {
            bus.authenticate();
            bus.call(BUS, "/org/freedesktop/DBus", BUS, "Hello", new Body());
            return bus;
        } catch (IOException | RuntimeException e) {
            bus.close();
            throw e;
        }
    }

    /**
     * Calls a method and waits for its answer.
     *
     * @return the arguments of the answer
     * @throws BusErrorException if it answers with an error
     */
    public Reader call(String destination, String path, String face, String member, Body body) throws IOException {
        int own = ++serial;
        var message = Message.call(own, destination, path, face, member, body);
        socket.writeFully(message, 0, message.length, deadline);
        while (true) {
            var received = receive();
            if (received.type() == Message.Type.SIGNAL) {
                keep(received);
            } else if (received.replySerial() == own) {
                if (received.type() == Message.Type.ERROR) {
                    throw new BusErrorException(member, received.errorName(), words(received));
                }
                return received.body();
            }
        }
    }

    /** Asks the bus for signals. */
    public void match(String rule) throws IOException {
        call(BUS, "/org/freedesktop/DBus", BUS, "AddMatch", Body.of(rule));
    }

    /** The first signal that is wanted, of those that came since {@link #match} and those to come. */
    public Message awaitSignal(String member, Predicate<Reader> wanted) throws IOException {
        while (true) {
            while (!signals.isEmpty()) {
                var signal = signals.removeFirst();
                if (signal.member().equals(member) && wanted.test(signal.body())) {
                    return signal;
                }
            }
            var received = receive();
            if (received.type() == Message.Type.SIGNAL) {
                keep(received);
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }

    private void keep(Message signal) {
        if (signals.size() == MOST_SIGNALS) {
            throw Malformed.message("more than " + MOST_SIGNALS + " signals at once");
        }
        signals.addLast(signal);
    }

    private static String words(Message error) {
        return error.signature().startsWith("s") ? error.body().text() : "no reason given";
    }

    private void authenticate() throws IOException {
        var user = Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString();
        var id = HexFormat.of().formatHex(user.getBytes(StandardCharsets.US_ASCII));
        send("\0AUTH EXTERNAL " + id + "\r\n");
        var answer = line();
        if (!answer.startsWith("OK ")) {
            throw new IOException("the bus at " + socket.name() + " does not let user " + user + " in: " + answer);
        }
        send("BEGIN\r\n");
    }

    private void send(String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.US_ASCII);
        socket.writeFully(bytes, 0, bytes.length, deadline);
    }

    /** One at a time: what follows the line may be a message already. */
    private String line() throws IOException {
        var text = new StringBuilder();
        while (text.length() < LONGEST_LINE) {
            char next = (char) readFully(1)[0];
            if (next == '\n') {
                return text.toString().strip();
            }
            text.append(next);
        }
        throw Malformed.message("a line of more than " + LONGEST_LINE + " characters");
    }

    private Message receive() throws IOException {
        var fixed = readFully(Message.Lengths.FIXED);
        var lengths = Message.Lengths.of(fixed);
        return Message.of(fixed, readFully(lengths.fields() + lengths.body()), lengths);
    }

    private byte[] readFully(int length) throws IOException {
        var bytes = new byte[length];
        int done = 0;
        while (done < length) {
            int count = socket.read(bytes, done, length - done);
            if (count == Fd.WOULD_BLOCK) {
                if (!socket.awaitReadable(deadline)) {
                    throw new CarafeException.DeadlineExceeded(
                            "the bus at " + socket.name() + " did not answer in time");
                }
            } else if (count < 0) {
                throw new IOException("the bus at " + socket.name() + " closed the connection");
            } else {
                done += count;
            }
        }
        return bytes;
    }
}
