package io.carafe.engine.exec;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.engine.model.ExecResult;
import io.carafe.linux.process.Pipe;
import io.carafe.linux.process.ProcStat;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.ProcessTree;
import io.carafe.linux.process.Pump;
import io.carafe.runtime.ExecStart;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs processes in containers, each as a child of the runtime in the foreground. What a session needs lies in a directory
 * of its own below one that is known: a daemon that was killed finds there, and in the command lines that name it, what
 * still runs for clients that are gone.
 *
 * <p>Errors of both ways to run: an executable that is not there is {@code InvalidArgument}; a container that does not run
 * is {@code NotFound} in the runtime's words. When the deadline passes or the thread is interrupted, the process and all
 * that it started is killed.
 */
public final class ExecSessions {

    /** What is kept of each output of a process that is run to its end (CRI: up to 16 MB each). */
    public static final int OUTPUT_LIMIT = 16 << 20;

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    /** For what is in the pipe when the process has ended; nobody slow is behind it. */
    private static final Duration DRAIN = Duration.ofSeconds(5);
    /** The kernel counts start times in hundredths of a second. */
    private static final long TICK_MILLIS = 10;

    private final Path directory;

    /** @param directory for its sessions alone, made if it is missing, on a tmpfs at best */
    public ExecSessions(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    /**
     * Runs a process without input to its end.
     *
     * @throws CarafeException.DeadlineExceeded if it was killed for its deadline
     */
    public ExecResult run(ExecCommand command, Deadline deadline) {
        try (var session = ExecSession.open(directory, command);
                var out = Pipe.fromChild();
                var err = Pipe.fromChild()) {
            var child = session.start(new ExecStart.Pipes(null, out.writer(), err.writer()));
            out.writer().close();
            err.writer().close();
            var stdout = new CappedOutput(OUTPUT_LIMIT);
            var stderr = new CappedOutput(OUTPUT_LIMIT);
            var outPump = Pump.start("exec-stdout", out.reader(), stdout);
            var errPump = Pump.start("exec-stderr", err.reader(), stderr);
            try {
                var status = child.waitFor(deadline);
                if (status.isEmpty()) {
                    throw new CarafeException.DeadlineExceeded(
                            "exec in container " + command.containerId() + ": command timed out: "
                                    + String.join(" ", command.process().args()));
                }
                outPump.drain(Deadline.after(DRAIN));
                errPump.drain(Deadline.after(DRAIN));
                session.requireStarted(status.get());
                return new ExecResult(
                        stdout.bytes(), stderr.bytes(), status.get().asShell());
            } finally {
                outPump.stop();
                errPump.stop();
            }
        } catch (IOException e) {
            throw failure(command, e);
        }
    }

    /**
     * Runs a process whose streams are {@code io}'s, to its end.
     *
     * @return its exit code, 128 + signal if a signal killed it
     */
    public int stream(ExecCommand command, ProcessIo io) {
        try {
            return command.process().terminal() ? onTerminal(command, io) : onPipes(command, io);
        } catch (IOException e) {
            throw failure(command, e);
        }
    }

    /** Kills what sessions of a former daemon left running. To be called before any session is opened. */
    public void recover(RuntimeHandlers handlers, Deadline deadline) {
        try (var sessions = Files.newDirectoryStream(directory)) {
            for (var session : sessions) {
                killInside(handlers, session, deadline);
                var left = leftovers(session);
                if (!left.isEmpty()) {
                    LOG.log(Level.INFO, "kill what is left of exec session {0}: {1}", session.getFileName(), left);
                }
                if (ProcessTree.kill(left, deadline)) {
                    ExecSession.delete(session);
                } else {
                    LOG.log(Level.WARNING, "exec session {0}: some of {1} do not die", session.getFileName(), left);
                }
            }
        } catch (IOException e) {
            throw new CarafeException.Internal("recover exec sessions in " + directory + ": " + e.getMessage(), e);
        }
    }

    private static void killInside(RuntimeHandlers handlers, Path session, Deadline deadline) {
        ExecSession.Inside.read(session)
                .ifPresent(inside -> handlers.sandboxed(inside.handler()).ifPresent(runtime -> {
                    try {
                        ExecSession.killInside(runtime, inside.containerId(), session, deadline);
                    } catch (CarafeException e) {
                        LOG.log(Level.WARNING, "exec session {0}: {1}", session.getFileName(), e.getMessage());
                    }
                }));
    }

    private int onPipes(ExecCommand command, ProcessIo io) throws IOException {
        try (var session = ExecSession.open(directory, command)) {
            return new ExecStreams(session, io).onPipes();
        }
    }

    private int onTerminal(ExecCommand command, ProcessIo io) throws IOException {
        var size = new ClientSize();
        io.onResize(size::changed);
        try (var session = ExecSession.open(directory, size.atStartOf(command))) {
            return new ExecStreams(session, io).onTerminal(size);
        }
    }

    private static List<ProcessRef> leftovers(Path session) throws IOException {
        var found = new ArrayList<ProcessRef>();
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var process : processes) {
                if (commandLine(process).contains(session + "/")) {
                    ProcessRef.of(Integer.parseInt(process.getFileName().toString()))
                            .ifPresent(found::add);
                }
            }
        }
        var pidFile = session.resolve(ExecSession.PID_FILE);
        ExecSession.readPid(pidFile)
                .flatMap(ProcessRef::of)
                .filter(process -> olderThan(process, pidFile))
                .ifPresent(found::add);
        return found;
    }

    /** A process that got this pid after the one that the file speaks of has ended is younger than the file. */
    private static boolean olderThan(ProcessRef process, Path pidFile) {
        try {
            var uptime = Files.readString(Path.of("/proc/uptime")).split(" ")[0];
            long boot = System.currentTimeMillis() - Math.round(Double.parseDouble(uptime) * 1000);
            long written = Files.getLastModifiedTime(pidFile).to(TimeUnit.MILLISECONDS);
            return boot + process.startTime() * TICK_MILLIS <= written + TICK_MILLIS
                    && ProcStat.of(process.pid()).isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private static String commandLine(Path process) {
        try {
            return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // it has just ended
        }
    }

    private static CarafeException failure(ExecCommand command, IOException e) {
        return new CarafeException.Internal("exec in container " + command.containerId() + ": " + e.getMessage(), e);
    }
}
