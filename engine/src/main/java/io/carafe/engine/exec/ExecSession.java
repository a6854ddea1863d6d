package io.carafe.engine.exec;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.process.Child;
import io.carafe.linux.process.ExitStatus;
import io.carafe.linux.process.ProcStat;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.ProcessTree;
import io.carafe.oci.Json;
import io.carafe.runtime.ExecStart;
import io.carafe.runtime.RuntimeMessages;
import io.carafe.runtime.SandboxedRuntime;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One exec: its files, its process, and the certainty that both are gone after close. */
final class ExecSession implements AutoCloseable {

    static final String PID_FILE = "pid";

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final Duration KILL_TIME = Duration.ofSeconds(10);
    /** From the end of the process to that of the launcher that waits for it. */
    private static final Duration LAUNCHER_END_TIME = Duration.ofSeconds(2);

    private final ExecCommand command;
    private final Path directory;
    private Child child;

    private ExecSession(ExecCommand command, Path directory) {
        this.command = command;
        this.directory = directory;
    }

    static ExecSession open(Path parent, ExecCommand command) throws IOException {
        var directory = Files.createTempDirectory(parent, "exec-");
        try {
            Files.write(directory.resolve("process.json"), Json.write(command.process()));
            if (command.runtime() instanceof SandboxedRuntime) {
                new Inside(command.runtime().name(), command.containerId()).write(directory);
            }
        } catch (IOException e) {
            delete(directory);
            throw e;
        }
        return new ExecSession(command, directory);
    }

    Child start(ExecStart.Stdio stdio) {
        child = command.runtime()
                .exec(
                        command.containerId(),
                        new ExecStart(directory.resolve("process.json"), directory.resolve(PID_FILE), log(), stdio));
        return child;
    }

    Path consoleSocket() {
        return directory.resolve("console");
    }

    /** Tells a process that failed from one that could not be started: only the first has a pid. */
    void requireStarted(ExitStatus status) {
        if (!status.success() && !Files.exists(directory.resolve(PID_FILE))) {
            var reason = RuntimeMessages.lastError(log());
            throw RuntimeMessages.failure(
                            "exec in container " + command.containerId(),
                            reason.isEmpty() ? command.runtime().name() + " ended with " + status : reason)
                    .with("object", command.containerId());
        }
    }

    @Override
    public void close() {
        // a cancelled caller must not cut the killing short
        boolean interrupted = Thread.interrupted();
        try {
            if (child != null) {
                killTree();
                child.close();
            }
            delete(directory);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "exec in container {0}: clean up: {1}", command.containerId(), e.getMessage());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static Optional<Integer> readPid(Path file) {
        try {
            return Optional.of(Integer.parseInt(Files.readString(file).strip()));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    static void delete(Path directory) throws IOException {
        try (var files = Files.newDirectoryStream(directory)) {
            for (var file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(directory);
    }

    private Path log() {
        return directory.resolve("runtime.log");
    }

    /**
     * If the launcher still waits for the process: the process and its descendants, then the launcher. In this order, so that
     * the launcher collects the process; it would fall to the host's init, and be a zombie that the container sees until that
     * gets to it. A process that has ended may leave others behind.
     */
    private void killTree() throws IOException {
        if (!child.ref().alive()) {
            return;
        }
        var deadline = Deadline.after(KILL_TIME);
        var process = startedProcess();
        if (command.runtime() instanceof SandboxedRuntime runtime) {
            killInside(runtime, command.containerId(), directory, deadline);
        }
        boolean gone = ProcessTree.kill(process.stream().toList(), deadline);
        if (process.isPresent()) {
            var _ = child.waitFor(Deadline.after(LAUNCHER_END_TIME));
        }
        if (!(gone && ProcessTree.kill(List.of(child.ref()), deadline))) {
            throw new CarafeException.Internal(
                    "exec in container " + command.containerId() + ": some of its processes do not die");
        }
    }

    /** Kills what a session has started in a sandbox, where signals of the host do not reach. */
    static void killInside(SandboxedRuntime runtime, String containerId, Path directory, Deadline deadline) {
        readPid(ExecStart.insidePidFile(directory)).ifPresent(pid -> runtime.killInside(containerId, pid, deadline));
    }

    /** In whose container a session runs, for one who finds it after a crash. */
    record Inside(String handler, String containerId) {
        private static final String FILE = "inside.json";

        void write(Path directory) throws IOException {
            Files.write(directory.resolve(FILE), Json.write(this));
        }

        /** Nothing if it is no sandbox's. */
        static Optional<Inside> read(Path directory) {
            try {
                return Optional.of(Json.read(directory.resolve(FILE), Inside.class));
            } catch (IOException | CarafeException e) {
                return Optional.empty();
            }
        }
    }

    private Optional<ProcessRef> startedProcess() {
        return readPid(directory.resolve(PID_FILE))
                .flatMap(ProcStat::of)
                .filter(stat -> stat.ppid() == child.pid()) // as long as its parent lives its pid is its own
                .map(stat -> new ProcessRef(stat.pid(), stat.startTime()));
    }
}
