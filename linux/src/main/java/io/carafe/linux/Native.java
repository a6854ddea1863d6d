package io.carafe.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The plumbing under every binding of this module: finds C functions and reads errno. Nothing above {@code linux} uses it.
 *
 * <p>A binding looks its function up once, as a {@code static final MethodHandle}, and calls it with
 * {@code invokeExact}:
 *
 * <pre>{@code
 * private static final MethodHandle CLOSE = Native.errnoFunction("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
 *
 * try (var arena = Arena.ofConfined()) {
 *     var errno = Native.errnoIn(arena);
 *     if ((int) CLOSE.invokeExact(errno, fd) < 0) {
 *         throw new SyscallException("close", "fd " + fd, Native.errno(errno));
 *     }
 * }
 * }</pre>
 */
@SuppressWarnings("restricted") // calling C is what this class is for
public final class Native {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_VALUE = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private Native() {}

    /** A C library function that does not report through errno. */
    public static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(symbol(name), descriptor);
    }

    /** A function that sets errno: the handle takes the segment from {@link #errnoIn} as its first argument. */
    public static MethodHandle errnoFunction(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(symbol(name), descriptor, ERRNO);
    }

    /**
     * A variadic function that sets errno, such as {@code ioctl} or {@code syscall}.
     *
     * @param firstVariadic index of the first argument behind the ellipsis
     */
    public static MethodHandle errnoVariadic(String name, FunctionDescriptor descriptor, int firstVariadic) {
        return LINKER.downcallHandle(symbol(name), descriptor, ERRNO, Linker.Option.firstVariadicArg(firstVariadic));
    }

    /**
     * {@code syscall(2)} for a call that glibc does not wrap, with {@code arguments} after the call number. Every
     * argument is a register wide, so pass integers as {@link ValueLayout#JAVA_LONG}.
     */
    public static MethodHandle syscall(MemoryLayout... arguments) {
        var all = new MemoryLayout[arguments.length + 1];
        all[0] = ValueLayout.JAVA_LONG;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return errnoVariadic("syscall", FunctionDescriptor.of(ValueLayout.JAVA_LONG, all), 1);
    }

    /** Room for errno, to be passed to a handle made here and read with {@link #errno} right after. */
    public static MemorySegment errnoIn(Arena arena) {
        return arena.allocate(STATE);
    }

    public static int errno(MemorySegment state) {
        return (int) ERRNO_VALUE.get(state, 0L);
    }

    /** The zero-terminated string at {@code address}, which lies within {@code limit} bytes. */
    public static String string(MemorySegment address, long limit) {
        return address.reinterpret(limit).getString(0);
    }

    /** For the {@code catch (Throwable)} that {@code invokeExact} demands: rethrows what cannot be a checked exception. */
    public static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    }

    private static MemorySegment symbol(String name) {
        return LIBC.find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no function " + name));
    }
}
