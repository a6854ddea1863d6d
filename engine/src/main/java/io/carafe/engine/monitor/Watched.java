package io.carafe.engine.monitor;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.SyscallException;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Signal;
import io.carafe.runtime.OciRuntime;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One container under the eyes of its conmon. Its exit is learned from the file that conmon writes; and when conmon is
 * gone and there is no such file, from the container itself, which is then ended.
 */
final class Watched {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final Duration KILL_TIME = Duration.ofSeconds(10);
    private static final int KILLED = 137;

    private final Monitored monitored;
    private final OciRuntime runtime;
    private final CompletableFuture<ContainerExit> exit = new CompletableFuture<>();
    private final Thread guard;

    Watched(Monitored monitored, OciRuntime runtime) {
        this.monitored = monitored;
        this.runtime = runtime;
        this.guard = Thread.ofVirtual().name("guard-" + monitored.id()).unstarted(this::guard);
    }

    void begin() {
        if (!completeFromFile()) {
            guard.start();
        }
    }

    void end() {
        guard.interrupt();
    }

    Monitored monitored() {
        return monitored;
    }

    CompletableFuture<ContainerExit> exit() {
        return exit;
    }

    /** Completes the exit if conmon has written one. */
    boolean completeFromFile() {
        if (exit.isDone()) {
            return true;
        }
        var found = readExit();
        found.ifPresent(exit::complete);
        return found.isPresent();
    }

    private Optional<ContainerExit> readExit() {
        var file = ConmonCommand.exitFile(monitored.bundle());
        try {
            int code = Integer.parseInt(Files.readString(file).strip());
            var changed = (FileTime) Files.getAttribute(file, "unix:ctime");
            return Optional.of(new ContainerExit(code, changed.toInstant(), oomKilled(), ""));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | NumberFormatException e) {
            LOG.log(Level.WARNING, "exit of container {0}: read {1}: {2}", monitored.id(), file, e.getMessage());
            return Optional.empty();
        }
    }

    private boolean oomKilled() {
        return Files.exists(ConmonCommand.oomFile(monitored.bundle()));
    }

    /** Waits for conmon's own end, the one thing that it can't announce. */
    private void guard() {
        try {
            var conmon = monitored.monitor().open();
            if (conmon.isPresent()) {
                try (var pidfd = conmon.get()) {
                    pidfd.awaitExit(Deadline.none());
                }
            }
            if (!completeFromFile()) {
                monitorLost();
            }
        } catch (CarafeException.Cancelled e) {
            // forgotten, or the daemon ends
        } catch (IOException | CarafeException e) {
            LOG.log(Level.ERROR, "guard of container {0}: {1}", monitored.id(), e.getMessage());
            exit.complete(new ContainerExit(
                    KILLED, Instant.now(), oomKilled(), "its monitor can't be watched: " + e.getMessage()));
        }
    }

    private void monitorLost() throws IOException {
        LOG.log(
                Level.WARNING,
                "monitor {0} of container {1} died without an exit code; the container is killed",
                monitored.monitor().pid(),
                monitored.id());
        killContainer();
        exit.complete(new ContainerExit(
                KILLED,
                Instant.now(),
                oomKilled(),
                "its monitor, process " + monitored.monitor().pid() + ", was killed, so the container was killed too"));
    }

    /** All of it through the runtime, which knows its cgroup; its first process directly, should the runtime fail. */
    private void killContainer() throws IOException {
        var deadline = Deadline.after(KILL_TIME);
        var container = monitored.container();
        try {
            runtime.kill(monitored.id(), Signal.KILL, true, deadline);
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "kill container {0}: {1}", monitored.id(), e.getMessage());
        }
        killFirst(container);
        var handle = container.open();
        if (handle.isPresent()) {
            try (var pidfd = handle.get()) {
                if (!pidfd.awaitExit(deadline)) {
                    LOG.log(Level.ERROR, "container {0}: process {1} does not die", monitored.id(), container.pid());
                }
            }
        }
    }

    private static void killFirst(ProcessRef container) throws SyscallException {
        container.signal(Signal.KILL);
    }
}
