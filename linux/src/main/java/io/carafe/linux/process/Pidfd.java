package io.carafe.linux.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;

/** A handle on one process, child or not, that never comes to mean another (pidfd_open(2), Linux 5.3). */
public final class Pidfd implements AutoCloseable {

    private static final long SYS_PIDFD_SEND_SIGNAL = 424;
    private static final long SYS_PIDFD_OPEN = 434;
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int SIGINFO_SIZE = 128;
    private static final int SIGINFO_CODE = 8;
    private static final int SIGINFO_PID = 16;
    private static final int SIGINFO_STATUS = 24;
    private static final int CLD_EXITED = 1;

    private static final CFunction SYSCALL = CFunction.returningLong("syscall");
    private static final CFunction WAITID = CFunction.returningInt("waitid");

    private final int pid;
    private final Fd fd;

    private Pidfd(int pid, Fd fd) {
        this.pid = pid;
        this.fd = fd;
    }

    /**
     * Opens the process that has {@code pid} now. Unless it is an unreaped child of the caller, compare its start time
     * afterwards, or use {@link ProcessRef#open}.
     *
     * @throws SyscallException ESRCH if there is none
     */
    public static Pidfd open(int pid) throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            long fd = SYSCALL.call(errno, SYS_PIDFD_OPEN, pid, 0);
            if (fd < 0) {
                int reason = Native.errno(errno);
                // the number may still be that of a group or session whose leader has gone: EINVAL before Linux 6.16
                throw new SyscallException(
                        "pidfd_open", "process " + pid, reason == Errno.EINVAL && pid > 0 ? Errno.ESRCH : reason);
            }
            return new Pidfd(pid, Fd.own((int) fd));
        }
    }

    public int pid() {
        return pid;
    }

    /** Sends a signal; false if the process has ended, or this was closed because it had. */
    public boolean signal(Signal signal) throws SyscallException {
        try {
            return fd.whileOpen(number -> send(number, signal));
        } catch (Fd.ClosedFdException e) {
            return false;
        }
    }

    private boolean send(int number, Signal signal) throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            long result = SYSCALL.call(errno, SYS_PIDFD_SEND_SIGNAL, number, signal.number(), 0, 0);
            if (result == 0) {
                return true;
            }
            if (Native.errno(errno) == Errno.ESRCH) {
                return false;
            }
            throw new SyscallException("pidfd_send_signal", "process " + pid, Native.errno(errno));
        }
    }

    /**
     * Waits until the process has ended.
     *
     * @return false if the deadline passed first
     * @throws CarafeException.Cancelled if the thread is interrupted
     */
    public boolean awaitExit(Deadline deadline) throws IOException {
        return fd.awaitReadable(deadline);
    }

    /** Collects the exit of a child that has ended, once. */
    ExitStatus reap() throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var info = arena.allocate(SIGINFO_SIZE, 8);
            long result = WAITID.call(errno, P_PIDFD, fd.number(), info.address(), WEXITED | WNOHANG);
            if (result < 0) {
                throw new SyscallException("waitid", "process " + pid, Native.errno(errno));
            }
            if (info.get(JAVA_INT, SIGINFO_PID) == 0) {
                throw new IllegalStateException("process " + pid + " has not ended");
            }
            int status = info.get(JAVA_INT, SIGINFO_STATUS);
            return info.get(JAVA_INT, SIGINFO_CODE) == CLD_EXITED
                    ? new ExitStatus(status, 0)
                    : new ExitStatus(0, status);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
