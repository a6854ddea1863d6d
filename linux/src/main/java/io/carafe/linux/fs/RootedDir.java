package io.carafe.linux.fs;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A directory as if it were the root of the file system: every path is resolved inside it by openat2(2) with
 * RESOLVE_IN_ROOT, so {@code ..} at the top stays there, and absolute paths and links lead to below this directory, not to
 * the node. Magic links of /proc are refused. Needs kernel 5.6.
 *
 * <p>Paths may start with a slash or not; "" and "/" are the directory itself. The last component is never followed by the
 * calls that make, change or remove something. All calls throw {@link SyscallException}.
 */
public final class RootedDir implements AutoCloseable {

    private static final long SYS_OPENAT2 = 437; // the same on all architectures
    private static final long NO_MAGICLINKS = 0x02;
    private static final long NO_SYMLINKS = 0x04;
    private static final long IN_ROOT = 0x10;
    private static final long HOW_SIZE = 24;

    /** How often a resolution that raced with a rename is tried again before EAGAIN is reported. */
    private static final int ATTEMPTS = 128;

    private static final CFunction SYSCALL = CFunction.returningLong("syscall");

    private final OpenFile root;

    private RootedDir(OpenFile root) {
        this.root = root;
    }

    /** Opens a directory, itself resolved as the kernel does, as a root. */
    public static RootedDir open(Path directory) throws IOException {
        return new RootedDir(OpenFile.openDirectory(directory));
    }

    /** Takes over an open directory as a root. */
    public static RootedDir of(OpenFile directory) {
        return new RootedDir(directory);
    }

    /** The directory itself; closed with this object. */
    public OpenFile root() {
        return root;
    }

    /** Opens what {@code path} leads to, links followed inside the root. O_CLOEXEC is always set. */
    public OpenFile open(String path, int flags, int mode) throws IOException {
        return openat2(path, flags, mode, IN_ROOT | NO_MAGICLINKS);
    }

    /** Opens {@code path} and fails with ELOOP if any component of it is a symbolic link. */
    public OpenFile openWithoutLinks(String path, int flags, int mode) throws IOException {
        return openat2(path, flags, mode, IN_ROOT | NO_MAGICLINKS | NO_SYMLINKS);
    }

    public OpenFile openDirectory(String path) throws IOException {
        return open(path, OpenFlags.READ | OpenFlags.DIRECTORY, 0);
    }

    /** What {@code path} is; a link in last place is not followed. */
    public Stat stat(String path) throws IOException {
        try (var fd = open(path, OpenFlags.PATH | OpenFlags.NO_FOLLOW, 0)) {
            return fd.stat();
        }
    }

    /** What {@code path} is, or null if nothing is there; a link in last place is not followed. */
    public Stat statIfThere(String path) throws IOException {
        try {
            return stat(path);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
                return null;
            }
            throw e;
        }
    }

    public String readlink(String path) throws IOException {
        try (var parent = parentOf(path)) {
            return At.readlink(parent, nameOf(path));
        }
    }

    public void mkdir(String path, int mode) throws IOException {
        try (var parent = parentOf(path)) {
            At.mkdir(parent, nameOf(path), mode);
        }
    }

    /** Makes a directory and those on the way to it, where they are missing; links on the way are followed inside the root. */
    public void mkdirs(String path, int mode) throws IOException {
        mkdirs(path, mode, -1, -1);
    }

    /**
     * The same, with an owner for what is made.
     *
     * @param uid −1 for this process's, as {@code gid}
     */
    public void mkdirs(String path, int mode, int uid, int gid) throws IOException {
        try {
            openDirectory(path).close();
            return;
        } catch (SyscallException e) {
            if (e.errno() != Errno.ENOENT || trimmed(path).isEmpty()) {
                throw e;
            }
        }
        mkdirs(parentPath(path), mode, uid, gid);
        try (var parent = parentOf(path)) {
            At.mkdir(parent, nameOf(path), mode);
            At.chown(parent, nameOf(path), uid, gid);
        } catch (SyscallException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    /** Makes an empty regular file unless something is there. */
    public void touch(String path, int mode) throws IOException {
        try (var parent = parentOf(path)) {
            At.open(parent, nameOf(path), OpenFlags.WRITE | OpenFlags.CREATE | OpenFlags.EXCLUSIVE, mode)
                    .close();
        } catch (SyscallException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    /** Writes a file that is new or replaces a file; a link in last place is replaced, not followed. */
    public void write(String path, byte[] content, int mode) throws IOException {
        try (var parent = parentOf(path)) {
            var temporary = "." + nameOf(path) + ".new";
            removeTree(parent, temporary);
            int flags = OpenFlags.WRITE | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;
            try (var file = At.open(parent, temporary, flags, mode)) {
                file.write(content);
                file.chmod(mode);
            }
            At.rename(parent, temporary, parent, nameOf(path));
        }
    }

    public void symlink(String target, String path) throws IOException {
        try (var parent = parentOf(path)) {
            At.symlink(target, parent, nameOf(path));
        }
    }

    /** Deletes {@code path} with all that is below it; nothing there is no error. Mount points below it are an EBUSY. */
    public void removeTree(String path) throws IOException {
        try (var parent = parentOf(path)) {
            removeTree(parent, nameOf(path));
        } catch (SyscallException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /** Deletes {@code name} with all that is below it, never following a link and never leaving the file system's tree. */
    public static void removeTree(OpenFile dir, String name) throws IOException {
        new TreeRemoval(dir, name).run();
    }

    @Override
    public void close() {
        root.close();
    }

    private OpenFile parentOf(String path) throws IOException {
        return openDirectory(parentPath(path));
    }

    private String parentPath(String path) {
        var trimmed = trimmed(path);
        int slash = trimmed.lastIndexOf('/');
        return slash < 0 ? "" : trimmed.substring(0, slash);
    }

    /** The last component, which must be a real name: neither the root nor {@code ..}. */
    private String nameOf(String path) throws SyscallException {
        var trimmed = trimmed(path);
        var name = trimmed.substring(trimmed.lastIndexOf('/') + 1);
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            throw new SyscallException("resolve", root.name() + "/" + path, Errno.EINVAL);
        }
        return name;
    }

    private static String trimmed(String path) {
        int start = 0;
        int end = path.length();
        while (start < end && path.charAt(start) == '/') {
            start++;
        }
        while (end > start && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(start, end);
    }

    private OpenFile openat2(String path, int flags, int mode, long resolve) throws IOException {
        var relative = trimmed(path);
        try (var scratch = Scratch.take()) {
            var name = scratch.path(relative.isEmpty() ? "." : relative);
            scratch.struct.set(JAVA_LONG, 0, Integer.toUnsignedLong(flags | OpenFlags.CLOSE_ON_EXEC));
            scratch.struct.set(JAVA_LONG, 8, (flags & OpenFlags.CREATE) == 0 ? 0 : mode);
            scratch.struct.set(JAVA_LONG, 16, resolve);
            for (int attempt = 0; ; attempt++) {
                long fd = SYSCALL.call(
                        scratch.errno, SYS_OPENAT2, root.number(), name, scratch.struct.address(), HOW_SIZE);
                if (fd >= 0) {
                    return new OpenFile((int) fd, root.name() + "/" + relative);
                }
                int errno = scratch.errno();
                // EAGAIN: somebody renamed meanwhile and the kernel could not be sure that we stayed inside
                if (errno != Errno.EINTR && (errno != Errno.EAGAIN || attempt >= ATTEMPTS)) {
                    throw new SyscallException("openat2", root.name() + "/" + relative, errno);
                }
            }
        }
    }
}
