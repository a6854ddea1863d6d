package io.carafe.linux;

import java.lang.foreign.Arena;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Locale;

/** Error numbers of Linux that callers decide on; the same on x86-64 and aarch64. */
public final class Errno {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int E2BIG = 7;
    public static final int ENOEXEC = 8;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ETXTBSY = 26;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ENODATA = 61;
    public static final int EUSERS = 87;
    public static final int EOPNOTSUPP = 95;
    public static final int ECONNRESET = 104;
    public static final int ENOTCONN = 107;
    public static final int ECONNREFUSED = 111;
    public static final int EDQUOT = 122;

    private static final CFunction STRERROR = CFunction.returningLong("strerror");

    private Errno() {}

    /** {@code ENOENT}; for one that is not among these, {@code errno 99}. */
    public static String name(int errno) {
        return Arrays.stream(Errno.class.getFields())
                .filter(field -> field.getType() == int.class && valueOf(field) == errno)
                .map(Field::getName)
                .findFirst()
                .orElse("errno " + errno);
    }

    private static int valueOf(Field constant) {
        try {
            return constant.getInt(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("it is public", e);
        }
    }

    /** The C library's words for {@code errno}, lower case at the start: {@code no such file or directory}. */
    public static String describe(int errno) {
        try (var arena = Arena.ofConfined()) {
            var text = Native.string(STRERROR.call(Native.errnoIn(arena), errno), 256);
            return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
        }
    }
}
