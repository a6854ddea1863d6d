package io.carafe.linux.process;

import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import java.util.Optional;

/**
 * A process by a name that is never given to another one, fit to be stored: pids are reused, pid and start time are not.
 *
 * @param startTime clock ticks since boot, {@link ProcStat#startTime}
 */
public record ProcessRef(int pid, long startTime) {

    /** The process that has this pid now, unless it is a zombie. */
    public static Optional<ProcessRef> of(int pid) {
        return ProcStat.of(pid).filter(stat -> !stat.dead()).map(stat -> new ProcessRef(pid, stat.startTime()));
    }

    public boolean alive() {
        return ProcStat.of(pid)
                .filter(stat -> stat.startTime() == startTime && !stat.dead())
                .isPresent();
    }

    /** A handle on it, or nothing if it has ended. The caller closes it. */
    public Optional<Pidfd> open() throws SyscallException {
        Pidfd pidfd;
        try {
            pidfd = Pidfd.open(pid);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ESRCH) {
                return Optional.empty();
            }
            throw e;
        }
        if (!alive()) { // checked after the handle was got, so it can't be of a successor
            pidfd.close();
            return Optional.empty();
        }
        return Optional.of(pidfd);
    }

    /** Sends a signal to this very process; false if it has ended. */
    public boolean signal(Signal signal) throws SyscallException {
        var handle = open();
        if (handle.isEmpty()) {
            return false;
        }
        try (var pidfd = handle.get()) {
            return pidfd.signal(signal);
        }
    }
}
