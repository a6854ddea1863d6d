package io.carafe.cli;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.carafe.linux.CFunction;
import io.carafe.linux.Native;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The terminal of the person at the keyboard, in raw mode as long as this is open: every key goes to the container, Ctrl-C
 * too. It is restored when this is closed, and when the JVM ends in any way that it can notice.
 */
final class Terminal implements AutoCloseable {

    /** Columns and rows. */
    record Size(int width, int height) {}

    private static final int STDIN = 0;
    private static final int TCSADRAIN = 1;
    private static final int TERMIOS_SIZE = 64; // 60 bytes in glibc
    private static final long TIOCGWINSZ = 0x5413;

    private static final CFunction TCGETATTR = CFunction.returningInt("tcgetattr");
    private static final CFunction TCSETATTR = CFunction.returningInt("tcsetattr");
    private static final CFunction CFMAKERAW = CFunction.returningInt("cfmakeraw");
    private static final CFunction IOCTL = CFunction.returningInt("ioctl");

    private final Arena arena = Arena.ofShared();
    private final MemorySegment errno = Native.errnoIn(arena);
    private final MemorySegment original = arena.allocate(TERMIOS_SIZE, 8);
    private final Thread restoring = new Thread(this::restore, "restore-terminal");

    private Terminal() {
        if (TCGETATTR.call(errno, STDIN, original.address()) != 0) {
            throw new Failure("standard input is not a terminal");
        }
        Runtime.getRuntime().addShutdownHook(restoring);
        var raw = arena.allocate(TERMIOS_SIZE, 8).copyFrom(original);
        CFMAKERAW.call(errno, raw.address());
        TCSETATTR.call(errno, STDIN, TCSADRAIN, raw.address());
    }

    /** Puts the terminal at standard input into raw mode. */
    static Terminal raw() {
        return new Terminal();
    }

    /** Whether a standard descriptor (0, 1, 2) is a terminal; cheap, it loads no native code. */
    static boolean is(int descriptor) {
        try {
            var target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.matches("/dev/(pts/\\d+|tty.*|console)(?: \\(deleted\\))?");
        } catch (IOException e) {
            return false;
        }
    }

    /** The size of the terminal that one of the standard descriptors is. */
    static Optional<Size> size() {
        try (var arena = Arena.ofConfined()) {
            var winsize = arena.allocate(JAVA_SHORT, 4);
            for (var descriptor = 0; descriptor <= 2; descriptor++) {
                if (IOCTL.call(Native.errnoIn(arena), descriptor, TIOCGWINSZ, winsize.address()) == 0) {
                    var rows = Short.toUnsignedInt(winsize.getAtIndex(JAVA_SHORT, 0));
                    var columns = Short.toUnsignedInt(winsize.getAtIndex(JAVA_SHORT, 1));
                    return rows == 0 || columns == 0 ? Optional.empty() : Optional.of(new Size(columns, rows));
                }
            }
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(restoring);
        } catch (IllegalStateException e) {
            // the JVM is going down: the hook restores it once more
        }
    }

    private void restore() {
        TCSETATTR.call(errno, STDIN, TCSADRAIN, original.address());
    }
}
