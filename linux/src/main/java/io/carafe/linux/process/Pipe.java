package io.carafe.linux.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.carafe.linux.CFunction;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.lang.foreign.Arena;

/**
 * Both ends of a pipe, closed on exec. Each end is its own open file description, so the end that stays here can be
 * non-blocking while the child's, as programs expect, is not.
 */
public record Pipe(Fd reader, Fd writer) implements AutoCloseable {

    private static final int O_CLOEXEC = 0x80000;
    private static final CFunction PIPE2 = CFunction.returningInt("pipe2");

    /** A pipe whose writer goes to a child. */
    public static Pipe fromChild() throws SyscallException {
        var pipe = open();
        pipe.reader.nonBlocking();
        return pipe;
    }

    /** A pipe whose reader goes to a child. */
    public static Pipe toChild() throws SyscallException {
        var pipe = open();
        pipe.writer.nonBlocking();
        return pipe;
    }

    private static Pipe open() throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var ends = arena.allocate(JAVA_INT, 2);
            if (PIPE2.call(errno, ends.address(), O_CLOEXEC) < 0) {
                throw new SyscallException("pipe2", "", Native.errno(errno));
            }
            return new Pipe(Fd.own(ends.getAtIndex(JAVA_INT, 0)), Fd.own(ends.getAtIndex(JAVA_INT, 1)));
        }
    }

    @Override
    public void close() {
        reader.close();
        writer.close();
    }
}
