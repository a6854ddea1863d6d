package io.carafe.engine.monitor;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.base.ProcessIo.TerminalSize;
import io.carafe.linux.process.Executables;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.ProcessTree;
import io.carafe.linux.process.Spawn;
import io.carafe.runtime.OciRuntime;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Monitors by conmon (containers/conmon 2.0.26 and later), one process a container. What it writes into the bundle is the
 * truth; the exits directory only tells that it is there.
 */
public final class ConmonMonitor implements Monitor {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final byte[] NO_INPUT = {};
    private static final int VERSION_LIMIT = 4096;
    /** conmon ignores sizes beyond this. */
    private static final int LARGEST_SIDE = 1000;
    /** For taking back what failed, when the caller's time is over. */
    private static final Duration UNDO_TIME = Duration.ofSeconds(5);

    private final String program;
    private final Path exitsPath;
    private final long logSizeMax;
    private final ExitDirectory exits;
    private final Map<String, Watched> watched = new ConcurrentHashMap<>();

    /**
     * @param program absolute path of conmon, or its name in PATH; it may be missing until it is used
     * @param exits directory in which monitors announce exits; all that run under this daemon share it
     * @param logSizeMax bytes after which a container's log begins anew, losing what was in it; 0 for never
     */
    public ConmonMonitor(String program, Path exits, long logSizeMax) throws IOException {
        this.program = program;
        this.exitsPath = exits;
        this.logSizeMax = logSizeMax;
        this.exits = new ExitDirectory(exits, this::announced);
    }

    /**
     * Its version, as {@code conmon version 2.1.6}.
     *
     * @throws CarafeException.Unavailable if it is not installed or does not run
     */
    public String version(Deadline deadline) {
        try {
            var output = Spawn.of(binary().toString(), "--version").run(NO_INPUT, VERSION_LIMIT, deadline);
            return output.stdout().lines().findFirst().orElse("");
        } catch (IOException e) {
            throw new CarafeException.Unavailable("monitor: run " + program + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Monitored create(MonitorRequest request, Deadline deadline) {
        Monitored created;
        try {
            created = new ConmonStart(new Conmon(binary(), exitsPath, logSizeMax), request, deadline).run();
        } catch (IOException | CarafeException e) {
            undo(request);
            throw CarafeException.of("create container " + request.id(), e).with("object", request.id());
        }
        watch(created, request.runtime());
        return created;
    }

    @Override
    public void recover(Monitored monitored, OciRuntime runtime) {
        watch(monitored, runtime);
    }

    @Override
    public CompletableFuture<ContainerExit> exit(String id) {
        return find(id).exit();
    }

    @Override
    public void attach(String id, ProcessIo io) {
        var found = find(id);
        try (var attachment = Attachment.connect(
                id, ConmonCommand.attachSocket(found.monitored().bundle()))) {
            attachment.serve(io, size -> resize(id, size));
        }
    }

    @Override
    public void resize(String id, TerminalSize size) {
        int height = Math.min(size.height(), LARGEST_SIDE);
        int width = Math.min(size.width(), LARGEST_SIDE);
        control(find(id), "1 " + height + " " + width + "\n");
    }

    @Override
    public void reopenLog(String id, Deadline deadline) {
        var found = find(id);
        var log = found.monitored().log();
        if (log == null) {
            throw new CarafeException.FailedPrecondition("container " + id + " has no log");
        }
        try (var watch = log.getFileSystem().newWatchService()) {
            log.getParent().register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            var before = fileKey(log);
            control(found, "2 0 0\n");
            while (fileKey(log).isEmpty() || fileKey(log).equals(before)) {
                var key = watch.poll(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
                if (key == null) {
                    throw new CarafeException.DeadlineExceeded(
                            "reopen log of container " + id + ": its monitor did not make " + log + " in time");
                }
                key.pollEvents();
                key.reset();
            }
        } catch (IOException e) {
            throw new CarafeException.Internal("reopen log " + log + " of container " + id + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("reopen log of container " + id + ": the caller cancelled it");
        }
    }

    @Override
    public void forget(String id) {
        var found = watched.remove(id);
        if (found != null) {
            found.end();
        }
        try {
            exits.remove(id);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "remove exit file of container {0}: {1}", id, e.getMessage());
        }
    }

    @Override
    public void discard(String id, Path bundle, OciRuntime runtime, Deadline deadline) {
        forget(id); // first, so that the monitor's death is no news
        try {
            var conmon = monitorIn(bundle, id);
            if (conmon.isPresent() && !ProcessTree.kill(List.of(conmon.get()), deadline)) {
                throw new CarafeException.DeadlineExceeded("container " + id + ": its monitor, process "
                        + conmon.get().pid() + ", does not die");
            }
        } catch (IOException e) {
            throw new CarafeException.Internal("kill monitor of container " + id + ": " + e.getMessage(), e);
        }
        runtime.delete(id, true, deadline);
        forget(id); // what it may have announced before it died
    }

    @Override
    public void close() {
        watched.values().forEach(Watched::end);
        watched.clear();
        try {
            exits.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "stop watching {0}: {1}", exitsPath, e.getMessage());
        }
    }

    private void watch(Monitored monitored, OciRuntime runtime) {
        var fresh = new Watched(monitored, runtime);
        var before = watched.put(monitored.id(), fresh);
        if (before != null) {
            before.end();
        }
        fresh.begin(); // it is in the map: an exit that comes now is announced, one that came before is found
    }

    private void announced(String name) {
        var found = watched.get(name);
        if (found != null) {
            found.completeFromFile();
        }
    }

    private void undo(MonitorRequest request) {
        // a cancelled caller must not cut the undoing short
        boolean interrupted = Thread.interrupted();
        try {
            discard(request.id(), request.bundle(), request.runtime(), Deadline.after(UNDO_TIME));
            if (request.log() != null) {
                Files.deleteIfExists(request.log());
            }
        } catch (IOException | CarafeException e) {
            LOG.log(Level.WARNING, "undo the creation of container {0}: {1}", request.id(), e.getMessage());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The monitor that left its pid in the bundle, unless that pid now is somebody else's. */
    private static Optional<ProcessRef> monitorIn(Path bundle, String id) throws IOException {
        var process = Optional.ofNullable(ConmonStart.monitorOf(bundle));
        if (process.isEmpty()) {
            return process;
        }
        byte[] commandLine;
        try {
            commandLine = Files.readAllBytes(Path.of("/proc/" + process.get().pid() + "/cmdline"));
        } catch (IOException e) {
            return Optional.empty(); // it has just ended
        }
        var arguments = List.of(new String(commandLine, StandardCharsets.UTF_8).split("\0"));
        return process.filter(any -> arguments.contains(id) && arguments.contains(bundle.toString()));
    }

    private void control(Watched found, String command) {
        var fifo = ConmonCommand.controlFifo(found.monitored().bundle());
        // opened for both ways, since opening for writing alone waits for a reader, who may be dead
        try (var channel = FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(command.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(
                    "container " + found.monitored().id() + ": its monitor can't be told: " + fifo + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private Watched find(String id) {
        return Optional.ofNullable(watched.get(id))
                .orElseThrow(() -> new CarafeException.NotFound("container " + id + " has no monitor"));
    }

    private Path binary() {
        return Executables.find(program)
                .orElseThrow(() -> new CarafeException.Unavailable("monitor: there is no program " + program
                        + "; install conmon, or set its path in the configuration"));
    }

    private static Optional<Object> fileKey(Path file) {
        try {
            return Optional.of(Files.getAttribute(file, "unix:ino"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
