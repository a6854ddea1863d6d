package io.carafe.linux.process;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.CFunction;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A child process of this one, started by {@link Spawn}. Its exit is collected through its pidfd, so that it can't be
 * mixed up with the children of {@link ProcessBuilder}, whose reaper waits for its own pids only. Closing it kills it if
 * it still runs and makes sure that no zombie stays.
 */
public final class Child implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.linux");
    private static final Duration DEATH = Duration.ofSeconds(1);
    private static final CFunction KILL = CFunction.returningInt("kill");

    private final Pidfd pidfd;
    private final Spawn.Group group;
    private final long startTime;
    private final ReentrantLock reaping = new ReentrantLock();
    private ExitStatus status;

    private Child(Pidfd pidfd, Spawn.Group group, long startTime) {
        this.pidfd = pidfd;
        this.group = group;
        this.startTime = startTime;
    }

    /** Takes charge of a child just started: its pid can't be reused before it is reaped here. */
    static Child of(int pid, Spawn.Group group) throws SyscallException {
        long startTime = ProcStat.of(pid).map(ProcStat::startTime).orElse(0L);
        return new Child(Pidfd.open(pid), group, startTime);
    }

    public int pid() {
        return pidfd.pid();
    }

    public ProcessRef ref() {
        return new ProcessRef(pid(), startTime);
    }

    /**
     * Waits for its end; one thread at a time.
     *
     * @return nothing if the deadline passed first
     * @throws CarafeException.Cancelled if the thread is interrupted
     */
    public Optional<ExitStatus> waitFor(Deadline deadline) throws IOException {
        var known = status();
        if (known.isPresent()) {
            return known;
        }
        return pidfd.awaitExit(deadline) ? Optional.of(reap()) : Optional.empty();
    }

    /** Sends a signal to it alone; false if it has ended. */
    public boolean signal(Signal signal) throws SyscallException {
        return pidfd.signal(signal);
    }

    /** Kills it, and with it whoever is in the process group that it was given. */
    public void kill() {
        reaping.lock(); // while it is not reaped its pid, and so its group's id, is its own
        try (var arena = Arena.ofConfined()) {
            if (status != null) {
                return;
            }
            int target = group == Spawn.Group.INHERITED ? pid() : -pid();
            KILL.call(Native.errnoIn(arena), target, Signal.KILL.number());
        } finally {
            reaping.unlock();
        }
    }

    /** Kills it unless it has ended, and collects its exit, in the background if it takes more than a second to die. */
    @Override
    public void close() {
        if (status().isPresent()) {
            pidfd.close();
            return;
        }
        kill();
        boolean dead = false;
        try {
            dead = waitFor(Deadline.after(DEATH)).isPresent();
        } catch (CarafeException.Cancelled e) {
            // the caller has no time: somebody else waits
        } catch (IOException e) {
            LOG.log(Level.WARNING, "wait for process {0} that was killed: {1}", pid(), e.getMessage());
        }
        if (dead) {
            pidfd.close();
        } else {
            Thread.ofVirtual().name("reap-" + pid()).start(this::reapLate);
        }
    }

    private void reapLate() {
        try {
            waitFor(Deadline.none());
        } catch (IOException e) {
            LOG.log(Level.WARNING, "wait for process {0} that was killed: {1}", pid(), e.getMessage());
        } finally {
            pidfd.close();
        }
    }

    private ExitStatus reap() throws SyscallException {
        reaping.lock();
        try {
            if (status == null) {
                status = pidfd.reap();
            }
            return status;
        } finally {
            reaping.unlock();
        }
    }

    private Optional<ExitStatus> status() {
        reaping.lock();
        try {
            return Optional.ofNullable(status);
        } finally {
            reaping.unlock();
        }
    }
}
