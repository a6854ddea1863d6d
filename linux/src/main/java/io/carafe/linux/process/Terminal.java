package io.carafe.linux.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.carafe.base.ProcessIo.TerminalSize;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A pseudo terminal (pty(7)): the end that stays here and the path of the one that goes to a program.
 *
 * @param master non-blocking; reading gives what the program prints
 * @param path {@code /dev/pts/N}, for {@link Spawn#withTerminal}
 */
public record Terminal(Fd master, Path path) implements AutoCloseable {

    private static final int OPEN_FLAGS = 0x2 | 0x100 | 0x80000; // O_RDWR | O_NOCTTY | O_CLOEXEC
    private static final long TIOCSWINSZ = 0x5414;
    private static final int NAME_SIZE = 128;

    private static final MethodHandle OPENPT =
            Native.errnoFunction("posix_openpt", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle UNLOCKPT =
            Native.errnoFunction("unlockpt", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle PTSNAME =
            Native.function("ptsname_r", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle IOCTL =
            Native.errnoVariadic("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);

    private static final int TERMIOS_SIZE = 64; // glibc: 60
    private static final int TCSANOW = 0;
    private static final MethodHandle TCGETATTR =
            Native.errnoFunction("tcgetattr", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle TCSETATTR =
            Native.errnoFunction("tcsetattr", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle CFMAKERAW = Native.function("cfmakeraw", FunctionDescriptor.ofVoid(ADDRESS));

    public static Terminal open() throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            int number = (int) OPENPT.invokeExact(errno, OPEN_FLAGS);
            if (number < 0) {
                throw new SyscallException("posix_openpt", "/dev/ptmx", Native.errno(errno));
            }
            var master = Fd.own(number);
            try {
                if ((int) UNLOCKPT.invokeExact(errno, number) < 0) {
                    throw new SyscallException("unlockpt", master.toString(), Native.errno(errno));
                }
                MemorySegment name = arena.allocate(NAME_SIZE);
                int error = (int) PTSNAME.invokeExact(number, name, (long) NAME_SIZE);
                if (error != 0) {
                    throw new SyscallException("ptsname", master.toString(), error);
                }
                return new Terminal(master.nonBlocking(), Path.of(name.getString(0)));
            } catch (SyscallException e) {
                master.close();
                throw e;
            }
        } catch (SyscallException e) {
            throw e;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Tells the programs on it its size; the foreground ones get SIGWINCH. */
    public void resize(TerminalSize size) throws IOException {
        master.whileOpen(number -> {
            resize(number, size);
            return null;
        });
    }

    private void resize(int number, TerminalSize size) throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var winsize = arena.allocate(JAVA_SHORT, 4);
            winsize.setAtIndex(JAVA_SHORT, 0, (short) size.height());
            winsize.setAtIndex(JAVA_SHORT, 1, (short) size.width());
            if ((int) IOCTL.invokeExact(errno, number, TIOCSWINSZ, winsize) < 0) {
                throw new SyscallException("ioctl TIOCSWINSZ", path.toString(), Native.errno(errno));
            }
        } catch (SyscallException e) {
            throw e;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Turns off echo, line editing and signals, for a terminal that only carries the bytes of another one. */
    public Terminal raw() throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var termios = arena.allocate(TERMIOS_SIZE, 8);
            if ((int) TCGETATTR.invokeExact(errno, master.number(), termios) < 0) {
                throw new SyscallException("tcgetattr", path.toString(), Native.errno(errno));
            }
            CFMAKERAW.invokeExact(termios);
            if ((int) TCSETATTR.invokeExact(errno, master.number(), TCSANOW, termios) < 0) {
                throw new SyscallException("tcsetattr", path.toString(), Native.errno(errno));
            }
            return this;
        } catch (SyscallException e) {
            throw e;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    @Override
    public void close() {
        master.close();
    }
}
