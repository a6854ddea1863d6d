package io.carafe.linux.fs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The {@code *at} family: one name inside an open directory. A name that is a symbolic link is acted on itself and never
 * followed, so nothing outside the directory can be reached as long as the name has no slash; paths are the business of
 * {@link RootedDir}. All calls throw {@link SyscallException}.
 */
public final class At {

    /** Stands for the working directory: AT_FDCWD. */
    static final int CWD = -100;

    private static final int NO_FOLLOW = 0x100;
    private static final int REMOVE_DIRECTORY = 0x200;
    private static final int EMPTY_PATH = 0x1000;
    private static final int RENAME_NO_REPLACE = 1;
    private static final int RENAME_EXCHANGE = 2;

    private static final CFunction OPENAT = CFunction.returningInt("openat");
    private static final CFunction MKDIRAT = CFunction.returningInt("mkdirat");
    private static final CFunction MKNODAT = CFunction.returningInt("mknodat");
    private static final CFunction SYMLINKAT = CFunction.returningInt("symlinkat");
    private static final CFunction LINKAT = CFunction.returningInt("linkat");
    private static final CFunction UNLINKAT = CFunction.returningInt("unlinkat");
    private static final CFunction RENAMEAT2 = CFunction.returningInt("renameat2");
    private static final CFunction FCHOWNAT = CFunction.returningInt("fchownat");
    private static final CFunction FCHMODAT = CFunction.returningInt("fchmodat");
    private static final CFunction UTIMENSAT = CFunction.returningInt("utimensat");
    private static final CFunction STATX = CFunction.returningInt("statx");
    private static final CFunction READLINKAT = CFunction.returningLong("readlinkat");
    private static final CFunction LSETXATTR = CFunction.returningInt("lsetxattr");
    private static final CFunction LGETXATTR = CFunction.returningLong("lgetxattr");
    private static final CFunction LLISTXATTR = CFunction.returningLong("llistxattr");
    private static final CFunction GETDENTS = CFunction.returningLong("getdents64");
    private static final CFunction LSEEK = CFunction.returningLong("lseek");

    private At() {}

    /** A name in a directory and the type of what it names: one of the type constants of {@link Stat}, zero if unknown. */
    public record Entry(String name, int type) {}

    /** Opens {@code name}; fails with ELOOP if it is a symbolic link. O_CLOEXEC is always set. */
    public static OpenFile open(OpenFile dir, String name, int flags, int mode) throws IOException {
        return openAny(dir.number(), name, flags | OpenFlags.NO_FOLLOW, mode, dir.name() + "/" + name);
    }

    /** Opens {@code path} with links followed. */
    static OpenFile openAny(int dir, String path, int flags, int mode, String label) throws IOException {
        try (var scratch = Scratch.take()) {
            var bytes = scratch.path(path);
            int fd;
            do {
                fd = (int) OPENAT.call(scratch.errno, dir, bytes, flags | OpenFlags.CLOSE_ON_EXEC, mode);
            } while (fd < 0 && scratch.errno() == Errno.EINTR);
            if (fd < 0) {
                throw new SyscallException("open", label, scratch.errno());
            }
            return new OpenFile(fd, label);
        }
    }

    public static OpenFile openDirectory(OpenFile dir, String name) throws IOException {
        return open(dir, name, OpenFlags.READ | OpenFlags.DIRECTORY, 0);
    }

    public static void mkdir(OpenFile dir, String name, int mode) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = MKDIRAT.call(scratch.errno, dir.number(), scratch.path(name), mode);
            check("mkdir", dir, name, result, scratch);
        }
    }

    /**
     * Makes a device node, fifo, socket or empty file.
     *
     * @param mode type and permissions; the umask applies to the latter
     * @param device number of a device: {@link Stat#device(int, int)}
     */
    public static void mknod(OpenFile dir, String name, int mode, long device) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = MKNODAT.call(scratch.errno, dir.number(), scratch.path(name), mode, device);
            check("mknod", dir, name, result, scratch);
        }
    }

    public static void symlink(String target, OpenFile dir, String name) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = SYMLINKAT.call(scratch.errno, scratch.otherPath(target), dir.number(), scratch.path(name));
            check("symlink", dir, name, result, scratch);
        }
    }

    /** Gives the file {@code from} the further name {@code to}; a symbolic link is linked itself. */
    public static void link(OpenFile fromDir, String from, OpenFile toDir, String to) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = LINKAT.call(
                    scratch.errno, fromDir.number(), scratch.otherPath(from), toDir.number(), scratch.path(to), 0);
            check("link", toDir, to, result, scratch);
        }
    }

    public static void unlink(OpenFile dir, String name) throws IOException {
        remove("unlink", dir, name, 0);
    }

    public static void rmdir(OpenFile dir, String name) throws IOException {
        remove("rmdir", dir, name, REMOVE_DIRECTORY);
    }

    /** Renames within a file system, over what is there. */
    public static void rename(OpenFile fromDir, String from, OpenFile toDir, String to) throws IOException {
        rename(fromDir, from, toDir, to, 0);
    }

    /** Renames within a file system; fails with EEXIST if {@code to} is there. */
    public static void renameNew(OpenFile fromDir, String from, OpenFile toDir, String to) throws IOException {
        rename(fromDir, from, toDir, to, RENAME_NO_REPLACE);
    }

    /** Swaps two files at one stroke. */
    public static void exchange(OpenFile fromDir, String from, OpenFile toDir, String to) throws IOException {
        rename(fromDir, from, toDir, to, RENAME_EXCHANGE);
    }

    public static void chown(OpenFile dir, String name, int uid, int gid) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = FCHOWNAT.call(
                    scratch.errno, dir.number(), scratch.path(name), uid, gid, NO_FOLLOW | emptyPath(name));
            check("chown", dir, name, result, scratch);
        }
    }

    /** Sets the mode of something known not to be a symbolic link: this one call of the family would follow it. */
    public static void chmod(OpenFile dir, String name, int mode) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = FCHMODAT.call(scratch.errno, dir.number(), scratch.path(name), mode, 0);
            check("chmod", dir, name, result, scratch);
        }
    }

    /** Sets the times of last access and modification to the same moment. */
    public static void times(OpenFile dir, String name, long seconds, int nanos) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = UTIMENSAT.call(
                    scratch.errno, dir.number(), scratch.path(name), timespecs(scratch, seconds, nanos), NO_FOLLOW);
            check("utimensat", dir, name, result, scratch);
        }
    }

    /** What {@code name} is, or the open file itself if {@code name} is empty. */
    public static Stat stat(OpenFile dir, String name) throws IOException {
        try (var scratch = Scratch.take()) {
            check("statx", dir, name, statx(dir, name, scratch), scratch);
            return Stat.of(scratch.struct);
        }
    }

    /** What {@code name} is, or null if there is no such name. */
    public static Stat statIfThere(OpenFile dir, String name) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = statx(dir, name, scratch);
            if (result < 0 && scratch.errno() == Errno.ENOENT) {
                return null;
            }
            check("statx", dir, name, result, scratch);
            return Stat.of(scratch.struct);
        }
    }

    /** Where a symbolic link points; fails with EINVAL if {@code name} is something else. */
    public static String readlink(OpenFile dir, String name) throws IOException {
        try (var scratch = Scratch.take()) {
            long length = READLINKAT.call(
                    scratch.errno, dir.number(), scratch.path(name), scratch.buffer.address(), Scratch.BUFFER_SIZE);
            check("readlink", dir, name, length, scratch);
            return FileNames.decode(scratch.buffer.asSlice(0, length).toArray(JAVA_BYTE));
        }
    }

    /** Sets an extended attribute of anything, also of a link or device that cannot be opened. */
    public static void setAttribute(OpenFile dir, String name, String attribute, byte[] value) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = LSETXATTR.call(
                    scratch.errno,
                    scratch.path(throughProc(dir, name)),
                    scratch.otherPath(attribute),
                    attributeValue(scratch, attribute, value),
                    value.length,
                    0);
            check("lsetxattr " + attribute, dir, name, result, scratch);
        }
    }

    /** The value of an extended attribute, or null if there is none. */
    public static byte[] attribute(OpenFile dir, String name, String attribute) throws IOException {
        if (name.isEmpty()) {
            return dir.attribute(attribute);
        }
        try (var scratch = Scratch.take()) {
            long length = LGETXATTR.call(
                    scratch.errno,
                    scratch.path(throughProc(dir, name)),
                    scratch.otherPath(attribute),
                    scratch.buffer.address(),
                    Scratch.BUFFER_SIZE);
            if (length < 0 && (scratch.errno() == Errno.ENODATA || scratch.errno() == Errno.EOPNOTSUPP)) {
                return null;
            }
            check("lgetxattr " + attribute, dir, name, length, scratch);
            return scratch.buffer.asSlice(0, length).toArray(JAVA_BYTE);
        }
    }

    /** Names of all extended attributes; empty where the file system has none. */
    public static List<String> attributes(OpenFile dir, String name) throws IOException {
        if (name.isEmpty()) {
            return dir.attributes();
        }
        try (var scratch = Scratch.take()) {
            long length = LLISTXATTR.call(
                    scratch.errno, scratch.path(throughProc(dir, name)), scratch.buffer.address(), Scratch.BUFFER_SIZE);
            if (length < 0 && scratch.errno() == Errno.EOPNOTSUPP) {
                return List.of();
            }
            check("llistxattr", dir, name, length, scratch);
            return attributeNames(scratch, length);
        }
    }

    /** What listxattr(2) has put into the buffer. */
    static List<String> attributeNames(Scratch scratch, long length) {
        var names = FileNames.decode(scratch.buffer.asSlice(0, length).toArray(JAVA_BYTE));
        return names.isEmpty() ? List.of() : List.of(names.split("\0"));
    }

    /** The names in a directory, in no order, without {@code .} and {@code ..}. */
    public static List<Entry> list(OpenFile dir) throws IOException {
        var entries = new ArrayList<Entry>();
        try (var scratch = Scratch.take()) {
            check("lseek", dir, "", LSEEK.call(scratch.errno, dir.number(), 0, 0), scratch);
            while (true) {
                long length = GETDENTS.call(scratch.errno, dir.number(), scratch.buffer.address(), Scratch.BUFFER_SIZE);
                check("getdents", dir, "", length, scratch);
                if (length == 0) {
                    return entries;
                }
                readEntries(scratch.buffer, length, entries);
            }
        }
    }

    /** Reads {@code struct linux_dirent64}: inode, offset, record length at 16, type at 18, name at 19. */
    private static void readEntries(MemorySegment buffer, long length, List<Entry> entries) {
        for (long at = 0; at < length; at += buffer.get(JAVA_SHORT, at + 16) & 0xFFFF) {
            int size = 0;
            while (buffer.get(JAVA_BYTE, at + 19 + size) != 0) {
                size++;
            }
            var name = new byte[size];
            MemorySegment.copy(buffer, JAVA_BYTE, at + 19, name, 0, size);
            boolean dot = name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'));
            if (!dot) {
                entries.add(new Entry(FileNames.decode(name), (buffer.get(JAVA_BYTE, at + 18) & 0xF) << 12));
            }
        }
    }

    private static long statx(OpenFile dir, String name, Scratch scratch) throws SyscallException {
        return STATX.call(
                scratch.errno,
                dir.number(),
                scratch.path(name),
                NO_FOLLOW | emptyPath(name),
                Stat.BASIC,
                scratch.struct.address());
    }

    private static void remove(String call, OpenFile dir, String name, int flags) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = UNLINKAT.call(scratch.errno, dir.number(), scratch.path(name), flags);
            check(call, dir, name, result, scratch);
        }
    }

    private static void rename(OpenFile fromDir, String from, OpenFile toDir, String to, int flags) throws IOException {
        try (var scratch = Scratch.take()) {
            long result = RENAMEAT2.call(
                    scratch.errno, fromDir.number(), scratch.otherPath(from), toDir.number(), scratch.path(to), flags);
            check("rename " + fromDir.name() + "/" + from + " to", toDir, to, result, scratch);
        }
    }

    /** There is no {@code lsetxattrat} before 6.13, but a directory's magic link in /proc leads into that directory. */
    private static String throughProc(OpenFile dir, String name) {
        return "/proc/self/fd/" + dir.number() + "/" + name;
    }

    private static int emptyPath(String name) {
        return name.isEmpty() ? EMPTY_PATH : 0;
    }

    /** Two {@code struct timespec} with the same value. */
    static long timespecs(Scratch scratch, long seconds, int nanos) {
        for (int at = 0; at < 32; at += 16) {
            scratch.struct.set(JAVA_LONG, at, seconds);
            scratch.struct.set(JAVA_LONG, at + 8, nanos);
        }
        return scratch.struct.address();
    }

    static long attributeValue(Scratch scratch, String attribute, byte[] value) throws SyscallException {
        if (value.length > Scratch.BUFFER_SIZE) {
            throw new SyscallException("setxattr", attribute + " of " + value.length + " bytes", Errno.ERANGE);
        }
        MemorySegment.copy(value, 0, scratch.buffer, JAVA_BYTE, 0, value.length);
        return scratch.buffer.address();
    }

    private static void check(String call, OpenFile dir, String name, long result, Scratch scratch)
            throws SyscallException {
        if (result < 0) {
            var subject = name.isEmpty() ? dir.name() : dir.name() + "/" + name;
            throw new SyscallException(call, subject, scratch.errno());
        }
    }
}
