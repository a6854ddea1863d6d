package io.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * A C function of up to six integers or pointers, fixed or variadic, that returns an integer, a pointer or nothing.
 *
 * <pre>{@code
 * private static final CFunction CLOSE = CFunction.returningInt("close");
 *
 * try (var arena = Arena.ofConfined()) {
 *     var errno = Native.errnoIn(arena);
 *     if (CLOSE.call(errno, fd) < 0) {
 *         throw new SyscallException("close", "fd " + fd, Native.errno(errno));
 *     }
 * }
 * }</pre>
 *
 * <p>All of them are called in one shape, six registers in and one out, because a JVM links each shape anew, at some five
 * milliseconds of its start. The calling conventions of 64-bit Linux allow it (System V x86-64 3.2.3, AAPCS64 6.4 and 6.8):
 * the first six integers and pointers go into registers, behind an ellipsis as well; what a function did not ask for it does
 * not look at; and of a narrow argument it reads the narrow part only. Functions that take floating point or structures
 * by value can't be called this way.
 *
 * <p>Pointers are passed as addresses, so nothing but the first argument keeps memory from being freed during the call:
 * what the others point to must come from the same arena as the segment for errno, or be reachable afterwards.
 */
@SuppressWarnings("restricted") // calling C is what this class is for
public final class CFunction {

    private static final SymbolLookup LIBC = Linker.nativeLinker().defaultLookup();
    private static final MethodHandle CALL = Linker.nativeLinker()
            .downcallHandle(
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                    Linker.Option.captureCallState("errno"));

    private final MemorySegment entry;
    private final boolean returnsInt;

    private CFunction(MemorySegment entry, boolean returnsInt) {
        this.entry = entry;
        this.returnsInt = returnsInt;
    }

    /** Links the shape and makes a call, so that the first real one, which waits for it, is as fast as all others. */
    public static void link() {
        Errno.describe(0);
    }

    /** A function of the C library that returns {@code int}, or nothing. */
    public static CFunction returningInt(String name) {
        return new CFunction(libc(name), true);
    }

    /** A function of the C library that returns {@code long}, {@code size_t}, {@code ssize_t}, {@code off_t} or a pointer. */
    public static CFunction returningLong(String name) {
        return new CFunction(libc(name), false);
    }

    /**
     * A function that returns {@code int}, or nothing, of a library that may not be there.
     *
     * @param library its file name, such as {@code libisal.so.2}, which stays loaded
     */
    public static Optional<CFunction> returningInt(String library, String name) {
        return in(library, name, true);
    }

    /** Like {@link #returningInt(String, String)}, of a function that returns {@code long} or a pointer. */
    public static Optional<CFunction> returningLong(String library, String name) {
        return in(library, name, false);
    }

    private static Optional<CFunction> in(String library, String name, boolean returnsInt) {
        try {
            return SymbolLookup.libraryLookup(library, Arena.global())
                    .find(name)
                    .map(entry -> new CFunction(entry, returnsInt));
        } catch (IllegalArgumentException notInstalled) {
            return Optional.empty();
        }
    }

    /** Calls it; {@code errno} is a segment of {@link Native#errnoIn}. */
    public long call(MemorySegment errno, long a) {
        return call(errno, a, 0, 0, 0, 0, 0);
    }

    public long call(MemorySegment errno, long a, long b) {
        return call(errno, a, b, 0, 0, 0, 0);
    }

    public long call(MemorySegment errno, long a, long b, long c) {
        return call(errno, a, b, c, 0, 0, 0);
    }

    public long call(MemorySegment errno, long a, long b, long c, long d) {
        return call(errno, a, b, c, d, 0, 0);
    }

    public long call(MemorySegment errno, long a, long b, long c, long d, long e) {
        return call(errno, a, b, c, d, e, 0);
    }

    public long call(MemorySegment errno, long a, long b, long c, long d, long e, long f) {
        long result;
        try {
            result = (long) CALL.invokeExact(entry, errno, a, b, c, d, e, f);
        } catch (RuntimeException | Error failed) {
            throw failed;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
        return returnsInt ? (int) result : result; // the upper half of the register is anything after an int
    }

    private static MemorySegment libc(String name) {
        return LIBC.find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no function " + name));
    }
}
