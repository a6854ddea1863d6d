package io.carafe.linux.mount;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import io.carafe.linux.fs.OpenFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.StringJoiner;

/**
 * A file system in the making, by the mount API of kernel 5.2: fsopen(2), fsconfig(2), fsmount(2), move_mount(2). Its
 * parameters are set one at a time, and the kernel says in words what it does not like.
 */
final class FsContext implements AutoCloseable {

    /** The longest value of a string parameter, in bytes: fsconfig(2) takes 256 with the zero. */
    static final int MAX_VALUE = 255;

    private static final long SYS_FSOPEN = 430; // these numbers are the same on all architectures
    private static final long SYS_FSCONFIG = 431;
    private static final long SYS_FSMOUNT = 432;

    private static final long CLOSE_ON_EXEC = 1;
    private static final long SET_FLAG = 0;
    private static final long SET_STRING = 1;
    private static final long CREATE = 6;
    private static final long ATTR_READ_ONLY = 1;
    private static final int MESSAGE_SIZE = 1024;

    private static final CFunction SYSCALL = CFunction.returningLong("syscall");

    private final Arena arena;
    private final MemorySegment errno;
    private final OpenFile context;
    private final String type;

    private FsContext(Arena arena, MemorySegment errno, OpenFile context, String type) {
        this.arena = arena;
        this.errno = errno;
        this.context = context;
        this.type = type;
    }

    /** Starts a file system of a type; null if the kernel has no fsopen(2). */
    static FsContext open(String type) throws IOException {
        var arena = Arena.ofAuto();
        var errno = Native.errnoIn(arena);
        long fd = SYSCALL.call(errno, SYS_FSOPEN, Native.string(arena, type), CLOSE_ON_EXEC);
        if (fd < 0 && Native.errno(errno) == Errno.ENOSYS) {
            return null;
        }
        if (fd < 0) {
            throw new SyscallException("fsopen", type, Native.errno(errno));
        }
        return new FsContext(arena, errno, new OpenFile((int) fd, "fsopen " + type), type);
    }

    void set(String key, String value) throws IOException {
        if (config(SET_STRING, key, value) < 0) {
            throw failure("fsconfig " + key + "=" + value, Native.errno(errno));
        }
    }

    /** Sets a parameter that this kernel may not know or not take this way: false then. */
    boolean trySet(String key, String value) throws IOException {
        if (config(SET_STRING, key, value) >= 0) {
            return true;
        }
        int reason = Native.errno(errno);
        if (reason == Errno.EINVAL || reason == Errno.EOPNOTSUPP) {
            return false;
        }
        throw failure("fsconfig " + key + "=" + value, reason);
    }

    void setFlag(String key) throws IOException {
        if (config(SET_FLAG, key, null) < 0) {
            throw failure("fsconfig " + key, Native.errno(errno));
        }
    }

    /** Makes the file system and puts it on {@code target}. */
    void mount(Path target, boolean readOnly) throws IOException {
        if (config(CREATE, null, null) < 0) {
            throw failure("create " + type + " for " + target, Native.errno(errno));
        }
        try (var mount = new DetachedMount(new OpenFile(fsmount(readOnly), "fsmount " + type))) {
            mount.attach(target);
        }
    }

    @Override
    public void close() {
        context.close();
    }

    private int fsmount(boolean readOnly) throws IOException {
        long fd = SYSCALL.call(errno, SYS_FSMOUNT, context.number(), CLOSE_ON_EXEC, readOnly ? ATTR_READ_ONLY : 0L);
        if (fd < 0) {
            throw failure("fsmount " + type, Native.errno(errno));
        }
        return (int) fd;
    }

    private long config(long command, String key, String value) {
        return SYSCALL.call(
                errno,
                SYS_FSCONFIG,
                context.number(),
                command,
                Native.string(arena, key),
                Native.string(arena, value),
                0);
    }

    private SyscallException failure(String call, int reason) {
        var said = messages();
        return new SyscallException(call, said.isEmpty() ? type : "(" + said + ")", reason);
    }

    /** What the kernel has to say: one message per read, each with a letter for its severity and a space before it. */
    private String messages() {
        var all = new StringJoiner("; ");
        var buffer = arena.allocate(MESSAGE_SIZE);
        try {
            while (true) {
                int length = context.read(buffer, MESSAGE_SIZE);
                var text = new String(buffer.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
                all.add(text.substring(Math.min(2, text.length())).strip());
            }
        } catch (IOException noMore) {
            return all.toString();
        }
    }
}
