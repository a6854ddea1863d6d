package io.carafe.linux.process;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.Fd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Runs a program to its end and keeps what it printed. */
final class Capture {

    /** For what is in the pipes when the program has ended; memory takes it, so this is generous. */
    private static final Duration DRAIN = Duration.ofSeconds(5);

    private Capture() {}

    static Spawn.Output run(Spawn spawn, byte[] input, int outputLimit, Spawn.Started started, Deadline deadline)
            throws IOException {
        try (var in = Pipe.toChild();
                var out = Pipe.fromChild();
                var err = Pipe.fromChild();
                var child = spawn.withDescriptor(0, in.reader())
                        .withDescriptor(1, out.writer())
                        .withDescriptor(2, err.writer())
                        .withGroup(spawn.group() == Spawn.Group.INHERITED ? Spawn.Group.OWN_GROUP : spawn.group())
                        .start()) {
            in.reader().close();
            out.writer().close();
            err.writer().close();
            var stdout = new Bounded(outputLimit);
            var stderr = new Bounded(outputLimit);
            var outPump = Pump.start("stdout-" + child.pid(), out.reader(), stdout);
            var errPump = Pump.start("stderr-" + child.pid(), err.reader(), stderr);
            try {
                started.as(child.pid());
                feed(in.writer(), input, deadline);
                var status = child.waitFor(deadline);
                if (status.isEmpty()) {
                    throw new CarafeException.DeadlineExceeded(
                            String.join(" ", spawn.argv()) + ": it did not end in time and was killed");
                }
                outPump.drain(Deadline.after(DRAIN));
                errPump.drain(Deadline.after(DRAIN));
                return new Spawn.Output(status.get(), stdout.text(), stderr.text());
            } finally {
                outPump.stop();
                errPump.stop();
            }
        }
    }

    private static void feed(Fd stdin, byte[] input, Deadline deadline) {
        try (stdin) {
            stdin.writeFully(input, 0, input.length, deadline);
        } catch (IOException e) {
            // it does not read its input: its exit status and messages say why, if that was wrong
        }
    }

    /** Keeps the first bytes; the pump writes it, and who drained the pump reads it. */
    private static final class Bounded implements Pump.Sink {
        private final int limit;
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

        Bounded(int limit) {
            this.limit = limit;
        }

        @Override
        public synchronized void accept(byte[] bytes, int count) {
            kept.write(bytes, 0, Math.min(count, limit - kept.size()));
        }

        synchronized String text() {
            return kept.toString(StandardCharsets.UTF_8);
        }
    }
}
