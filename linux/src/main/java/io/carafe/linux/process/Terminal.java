package io.carafe.linux.process;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.carafe.base.ProcessIo.TerminalSize;
import io.carafe.linux.CFunction;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * The outer end of a pseudo terminal (pty(7)).
 *
 * @param master non-blocking; reading gives what the programs on it print, writing is typing
 */
public record Terminal(Fd master) implements AutoCloseable {

    private static final long TIOCSWINSZ = 0x5414;

    private static final CFunction IOCTL = CFunction.returningInt("ioctl");

    /**
     * Tells the programs on it its size; the foreground ones get SIGWINCH.
     *
     * @throws Fd.ClosedFdException if it is closed
     */
    public void resize(TerminalSize size) throws IOException {
        master.whileOpen(number -> {
            resize(number, size);
            return null;
        });
    }

    private static void resize(int number, TerminalSize size) throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var winsize = arena.allocate(JAVA_SHORT, 4);
            winsize.setAtIndex(JAVA_SHORT, 0, (short) size.height());
            winsize.setAtIndex(JAVA_SHORT, 1, (short) size.width());
            if (IOCTL.call(errno, number, TIOCSWINSZ, winsize.address()) < 0) {
                throw new SyscallException("ioctl TIOCSWINSZ", "fd " + number, Native.errno(errno));
            }
        }
    }

    @Override
    public void close() {
        master.close();
    }
}
