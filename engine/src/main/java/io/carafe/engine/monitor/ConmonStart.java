package io.carafe.engine.monitor;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.Fd;
import io.carafe.linux.SyscallException;
import io.carafe.linux.process.Child;
import io.carafe.linux.process.Pipe;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Pump;
import io.carafe.oci.Json;
import io.carafe.runtime.CriuLog;
import io.carafe.runtime.RuntimeMessages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * One start of a conmon and, by it, of a container.
 *
 * <pre>
 *   Carafe                               conmon                          conmon's child
 *   spawn in its cgroup             →    waits on the start pipe
 *   0x00 to the start pipe          →    forks
 *   waits for the end of the parent ←    writes conmon-pidfile, exits 0
 *                                                                   →    runs RUNTIME … create …
 *   reads a line from the sync pipe ←    {"pid":N}  or  {"pid":-1,"message":"…"}
 * </pre>
 */
final class ConmonStart {

    private static final int LONGEST_LINE = 64 * 1024;

    /** What conmon says at the end; the message is only there when pid is not positive. */
    private record Answer(int pid, String message) {}

    private final Conmon conmon;
    private final MonitorRequest request;
    private final Deadline deadline;

    ConmonStart(Conmon conmon, MonitorRequest request, Deadline deadline) {
        this.conmon = conmon;
        this.request = request;
        this.deadline = deadline;
    }

    Monitored run() throws IOException {
        try (var sync = Pipe.fromChild();
                var start = Pipe.toChild();
                var stderr = Pipe.fromChild()) {
            var words = new ByteArrayOutputStream();
            try (var child = ConmonCommand.spawn(conmon, request, sync.writer(), start.reader(), stderr.writer())
                    .start()) {
                sync.writer().close();
                start.reader().close();
                stderr.writer().close();
                var pump = Pump.start("conmon-stderr", stderr.reader(), (bytes, count) -> keep(words, bytes, count));
                try {
                    letGo(child, start.writer());
                    pump.drain(Deadline.after(Duration.ofSeconds(1)));
                } finally {
                    pump.stop();
                }
            } catch (SyscallException e) {
                throw new CarafeException.Unavailable("monitor: " + e.getMessage(), e);
            }
            return answered(readAnswer(sync.reader()), words);
        }
    }

    private void letGo(Child child, Fd gate) throws IOException {
        request.placement().place(child.pid());
        gate.writeFully(new byte[] {0}, 0, 1, deadline);
        if (child.waitFor(deadline).isEmpty()) {
            throw late();
        }
    }

    private String readAnswer(Fd sync) throws IOException {
        var line = new ByteArrayOutputStream();
        var buffer = new byte[4096];
        while (line.size() < LONGEST_LINE) {
            int count = sync.read(buffer, 0, buffer.length);
            if (count == Fd.WOULD_BLOCK) {
                if (!sync.awaitReadable(deadline)) {
                    throw late();
                }
            } else if (count < 0) {
                break;
            } else {
                line.write(buffer, 0, count);
                if (buffer[count - 1] == '\n') {
                    break;
                }
            }
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }

    private Monitored answered(String line, ByteArrayOutputStream words) {
        if (line.isEmpty()) {
            var said = words.toString(StandardCharsets.UTF_8).strip();
            throw new CarafeException.Internal("monitor of container " + request.id()
                    + ": conmon ended without an answer" + (said.isEmpty() ? "" : ": " + said));
        }
        var answer = Json.read(line.getBytes(StandardCharsets.UTF_8), Answer.class, "conmon's answer");
        if (answer.pid() <= 0 && request.checkpoint() != null) {
            throw notRestored(answer);
        }
        if (answer.pid() <= 0) {
            var reason = RuntimeMessages.lastError(ConmonCommand.runtimeLog(request.bundle()));
            throw RuntimeMessages.failure(
                    request.runtime().name() + " create " + request.id(),
                    reason.isEmpty() && answer.message() != null
                            ? answer.message().strip()
                            : reason);
        }
        var container = ProcessRef.of(answer.pid());
        var monitor = monitorOf(request.bundle());
        if (container.isEmpty() || monitor == null) {
            throw new CarafeException.Internal("container " + request.id() + ": its "
                    + (container.isEmpty() ? "first process " + answer.pid() : "monitor")
                    + " was killed while it was created");
        }
        return new Monitored(request.id(), request.bundle(), request.log(), container.get(), monitor);
    }

    private CarafeException notRestored(Answer answer) {
        var cause = CriuLog.reason(ConmonCommand.restoreLog(request.bundle()));
        var reason = RuntimeMessages.lastError(ConmonCommand.runtimeLog(request.bundle()));
        var said =
                reason.isEmpty() && answer.message() != null ? answer.message().strip() : reason;
        return new CarafeException.FailedPrecondition(request.runtime().name() + " restore " + request.id() + ": "
                + said + (cause.isEmpty() ? "" : ": criu: " + cause));
    }

    private CarafeException late() {
        return new CarafeException.DeadlineExceeded("create container " + request.id() + ": neither conmon nor "
                + request.runtime().createCommand().program() + " answered in time");
    }

    /** The process that wrote its pid into the bundle, or null if there is none any more. */
    static ProcessRef monitorOf(Path bundle) {
        try {
            var text = Files.readString(ConmonCommand.monitorPidFile(bundle)).strip();
            return ProcessRef.of(Integer.parseInt(text)).orElse(null);
        } catch (IOException | NumberFormatException e) {
            return null; // not written, or cut short by a crash
        }
    }

    private static void keep(ByteArrayOutputStream words, byte[] bytes, int count) {
        words.write(bytes, 0, Math.min(count, LONGEST_LINE - words.size()));
    }
}
