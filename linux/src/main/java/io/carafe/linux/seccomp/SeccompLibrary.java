package io.carafe.linux.seccomp;

import io.carafe.base.CarafeException;
import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Native;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A filter in the making, by libseccomp (seccomp_init(3)): rules go in, a program of classic BPF comes out. The library is
 * loaded when the first one is made.
 */
public final class SeccompLibrary implements AutoCloseable {

    /** What seccomp_syscall_resolve_name_arch(3) says of a name that is not known. */
    private static final int UNKNOWN = -1;

    private static final String FILE = "libseccomp.so.2";
    private static final int OPTIMIZE = 8;
    private static final int BINARY_TREE = 2;
    private static final long COMPARISON = 24;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment errno = Native.errnoIn(arena);
    private final long context;

    /**
     * A condition on an argument of a system call.
     *
     * @param index 0 to 5
     * @param operator of {@code enum scmp_compare}: 1 not equal, 2 less, 3 less or equal, 4 equal, 5 greater or equal, 6 greater,
     *     7 equal under the mask {@code a}
     */
    public record Comparison(int index, int operator, long a, long b) {}

    /** The functions, linked when the first filter is made. */
    private static final class Functions {
        private static final CFunction INIT = function("seccomp_init");
        private static final CFunction RELEASE = function("seccomp_release");
        private static final CFunction ARCH_RESOLVE = function("seccomp_arch_resolve_name");
        private static final CFunction ARCH_ADD = function("seccomp_arch_add");
        private static final CFunction ATTRIBUTE = function("seccomp_attr_set");
        private static final CFunction RESOLVE = function("seccomp_syscall_resolve_name_arch");
        private static final CFunction RULE = function("seccomp_rule_add_array");
        private static final CFunction EXPORT = function("seccomp_export_bpf");
        private static final CFunction MEMFD = CFunction.returningInt("memfd_create");
        private static final CFunction CLOSE = CFunction.returningInt("close");

        private static CFunction function(String name) {
            return (name.equals("seccomp_init")
                            ? CFunction.returningLong(FILE, name)
                            : CFunction.returningInt(FILE, name))
                    .orElseThrow(() -> new CarafeException.FailedPrecondition(
                            "seccomp: there is no " + name + " in " + FILE + "; install libseccomp2, 2.4 or later"));
        }
    }

    /**
     * @param defaultAction as seccomp(2) returns it
     * @throws CarafeException.FailedPrecondition if the library is not installed
     */
    public SeccompLibrary(int defaultAction) {
        try {
            context = functions(() -> Functions.INIT.call(errno, defaultAction));
        } catch (CarafeException e) {
            arena.close();
            throw e;
        }
        if (context == 0) {
            arena.close();
            throw new CarafeException.InvalidArgument(
                    "seccomp: default action 0x" + Integer.toHexString(defaultAction) + " is not known to libseccomp");
        }
        // since 2.5: a tree instead of a chain of comparisons; an older one makes its chain
        Functions.ATTRIBUTE.call(errno, context, OPTIMIZE, BINARY_TREE);
    }

    private interface Call {
        long run();
    }

    /** What a class's initialization throws comes wrapped. */
    private static long functions(Call call) {
        try {
            return call.run();
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof CarafeException cause) {
                throw cause;
            }
            throw e;
        } catch (NoClassDefFoundError e) {
            throw new CarafeException.FailedPrecondition(
                    "seccomp: there is no usable " + FILE + "; install libseccomp2", e);
        }
    }

    /**
     * The token of an architecture.
     *
     * @param name in lower case: {@code x86_64}
     */
    public static int architecture(String name) {
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoIn(arena);
            return (int) functions(() -> Functions.ARCH_RESOLVE.call(state, Native.string(arena, name)));
        }
    }

    /** The number of a system call; negative where the architecture has no such call, or a part of another one. */
    public static int number(int architecture, String name) {
        try (var arena = Arena.ofConfined()) {
            var state = Native.errnoIn(arena);
            return (int) functions(() ->
                    Functions.RESOLVE.call(state, Integer.toUnsignedLong(architecture), Native.string(arena, name)));
        }
    }

    /** Whether the library knows a name at all. */
    public static boolean known(int number) {
        return number != UNKNOWN;
    }

    /** Lets the filter decide on calls of this architecture, too. */
    public void add(int architecture) {
        int error = (int) Functions.ARCH_ADD.call(errno, context, Integer.toUnsignedLong(architecture));
        if (error != 0 && error != -Errno.EEXIST) {
            throw failure("add architecture 0x" + Integer.toHexString(architecture), error);
        }
    }

    /** An action for a call of the native architecture's number, and what it is on the others, if all comparisons hold. */
    public void add(int action, int number, String name, List<Comparison> comparisons) {
        try (var call = Arena.ofConfined()) {
            var array = call.allocate(COMPARISON * Math.max(1, comparisons.size()), Long.BYTES);
            for (int i = 0; i < comparisons.size(); i++) {
                var one = comparisons.get(i);
                long at = i * COMPARISON;
                array.set(ValueLayout.JAVA_INT, at, one.index());
                array.set(ValueLayout.JAVA_INT, at + 4, one.operator());
                array.set(ValueLayout.JAVA_LONG, at + 8, one.a());
                array.set(ValueLayout.JAVA_LONG, at + 16, one.b());
            }
            int error = (int) Functions.RULE.call(
                    Native.errnoIn(call),
                    context,
                    Integer.toUnsignedLong(action),
                    number,
                    comparisons.size(),
                    array.address());
            if (error != 0) {
                throw failure("add a rule for " + name, error);
            }
        }
    }

    /** The program, {@code struct sock_filter[]}. */
    public byte[] program() {
        int fd = (int) Functions.MEMFD.call(errno, Native.string(arena, "seccomp"), 1 /* MFD_CLOEXEC */);
        if (fd < 0) {
            throw failure("memfd_create", -Native.errno(errno));
        }
        try {
            int error = (int) Functions.EXPORT.call(errno, context, fd);
            if (error != 0) {
                throw failure("export the filter", error);
            }
            return Files.readAllBytes(Path.of("/proc/self/fd/" + fd));
        } catch (IOException e) {
            throw new CarafeException.Internal("seccomp: read the filter: " + e.getMessage(), e);
        } finally {
            Functions.CLOSE.call(errno, fd);
        }
    }

    private static CarafeException failure(String what, int error) {
        return new CarafeException.InvalidArgument(
                "seccomp: " + what + ": " + Errno.describe(-error) + " (errno " + -error + ")");
    }

    @Override
    public void close() {
        Functions.RELEASE.call(errno, context);
        arena.close();
    }
}
