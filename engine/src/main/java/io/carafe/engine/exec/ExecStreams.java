package io.carafe.engine.exec;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.base.Uninterrupted;
import io.carafe.linux.Fd;
import io.carafe.linux.process.Child;
import io.carafe.linux.process.Pipe;
import io.carafe.linux.process.Pump;
import io.carafe.linux.process.Terminal;
import io.carafe.linux.socket.ConsoleSocket;
import io.carafe.runtime.ExecStart;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Joins a session's process with a client. */
final class ExecStreams {

    private static final int BUFFER = 32 * 1024;

    private final ExecSession session;
    private final ProcessIo io;
    private final List<Pump> pumps = new ArrayList<>();

    ExecStreams(ExecSession session, ProcessIo io) {
        this.session = session;
        this.io = io;
    }

    int onPipes() throws IOException {
        try (var in = Pipe.toChild();
                var out = Pipe.fromChild();
                var err = Pipe.fromChild()) {
            var child = session.start(
                    new ExecStart.Pipes(io.stdin() == null ? null : in.reader(), out.writer(), err.writer()));
            in.reader().close();
            out.writer().close();
            err.writer().close();
            pump("exec-stdout", out.reader(), io.stdout());
            pump("exec-stderr", err.reader(), io.stderr());
            return await(child, in.writer(), true);
        }
    }

    int onTerminal(ClientSize size) throws IOException {
        try (var console = ConsoleSocket.listen(session.consoleSocket())) {
            var child = session.start(new ExecStart.OnTerminal(session.consoleSocket()));
            var master = receive(console, child);
            if (master.isEmpty()) {
                var status = child.waitFor(Deadline.none()).orElseThrow();
                session.requireStarted(status);
                return status.asShell();
            }
            try (var terminal = new Terminal(master.get())) {
                size.follow(terminal);
                pump("exec-terminal", terminal.master(), io.stdout());
                return await(child, terminal.master(), false);
            }
        }
    }

    /** The terminal, or nothing if the child ends without one having been sent. */
    private static Optional<Fd> receive(ConsoleSocket console, Child child) throws IOException {
        var watch = Thread.ofVirtual().name("exec-start").start(() -> {
            try {
                child.waitFor(Deadline.none());
            } catch (IOException | CarafeException.Cancelled e) {
                return; // cancelled below
            }
            console.expectNoMore();
        });
        try {
            return console.receive(Deadline.none());
        } finally {
            watch.interrupt();
            Uninterrupted.join(watch); // one thread at a time may wait for the child
        }
    }

    private int await(Child child, Fd input, boolean closeAtEnd) throws IOException {
        var typing = io.stdin() == null
                ? null
                : Thread.ofVirtual().name("exec-stdin").start(() -> feed(input, closeAtEnd));
        try {
            var status = child.waitFor(Deadline.none()).orElseThrow();
            // a client may be slow; one that is gone makes its stream fail or this thread interrupted
            pumps.forEach(pump -> pump.drain(Deadline.none()));
            session.requireStarted(status);
            return status.asShell();
        } finally {
            if (typing != null) {
                typing.interrupt();
            }
            pumps.forEach(Pump::stop);
            closeOutputs();
        }
    }

    /** The client's input until its end; on pipes that is the process's end of input too. */
    private void feed(Fd input, boolean closeAtEnd) {
        var buffer = new byte[BUFFER];
        try {
            int count;
            while ((count = io.stdin().read(buffer)) >= 0) {
                input.writeFully(buffer, 0, count, Deadline.none());
            }
        } catch (IOException | CarafeException.Cancelled e) {
            // the process does not read any more, or the client is gone
        } finally {
            if (closeAtEnd) {
                input.close();
            }
        }
    }

    private void pump(String name, Fd from, OutputStream to) {
        pumps.add(Pump.start(name, from, (bytes, count) -> {
            if (to != null) {
                to.write(bytes, 0, count);
                to.flush();
            }
        }));
    }

    /** {@link ProcessIo}: whoever serves the process says when there is no more output. */
    private void closeOutputs() {
        for (var stream : new OutputStream[] {io.stdout(), io.stderr()}) {
            try {
                if (stream != null) {
                    stream.close();
                }
            } catch (IOException e) {
                // the client is gone, and it was for it alone
            }
        }
    }
}
