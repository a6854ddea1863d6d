package io.carafe.linux.mount;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carafe.linux.CFunction;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import io.carafe.linux.fs.OpenFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * A mount that is nowhere yet: open_tree(2), mount_setattr(2), move_mount(2). It can be changed before anybody sees it, and
 * goes away when it is closed without having been attached.
 */
public final class DetachedMount implements AutoCloseable {

    private static final long SYS_OPEN_TREE = 428; // these numbers are the same on all architectures
    private static final long SYS_MOVE_MOUNT = 429;
    private static final long SYS_MOUNT_SETATTR = 442;

    private static final long AT_FDCWD = -100;
    private static final long AT_EMPTY_PATH = 0x1000;
    private static final long OPEN_TREE_CLONE = 1;
    private static final long OPEN_TREE_CLOEXEC = 0x8_0000;
    private static final long FROM_EMPTY_PATH = 4;
    private static final long ATTR_IDMAP = 0x10_0000;

    /** struct mount_attr: attr_set, attr_clr, propagation, userns_fd. */
    private static final long ATTR_SIZE = 32;

    private static final CFunction SYSCALL = CFunction.returningLong("syscall");

    private final OpenFile mount;

    DetachedMount(OpenFile mount) {
        this.mount = mount;
    }

    /** One more mount of what is at {@code directory}, without the mounts below it. */
    public static DetachedMount copyOf(Path directory) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            long fd = SYSCALL.call(
                    errno,
                    SYS_OPEN_TREE,
                    AT_FDCWD,
                    Native.string(arena, directory.toString()),
                    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
            if (fd < 0) {
                throw new SyscallException("open_tree", directory.toString(), Native.errno(errno));
            }
            return new DetachedMount(new OpenFile((int) fd, "copy of the mount at " + directory));
        }
    }

    /**
     * Shows owners as the user namespace sees them: what belongs to its user 0 on disk belongs to the user of the node that
     * its user 0 is (kernel 5.12; under an overlay 5.19).
     *
     * @throws SyscallException EINVAL if the file system cannot, EPERM for the first user namespace
     */
    public void mapIds(OpenFile userNamespace) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            var attributes = arena.allocate(ATTR_SIZE, Long.BYTES);
            attributes.set(JAVA_LONG, 0, ATTR_IDMAP);
            attributes.set(JAVA_LONG, 24, userNamespace.number());
            long result = SYSCALL.call(
                    errno,
                    SYS_MOUNT_SETATTR,
                    mount.number(),
                    Native.string(arena, ""),
                    AT_EMPTY_PATH,
                    attributes.address(),
                    ATTR_SIZE);
            if (result < 0) {
                throw new SyscallException("map ids", mount.name(), Native.errno(errno));
            }
        }
    }

    /** Puts it on {@code target}, where it stays when this is closed. */
    public void attach(Path target) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            long result = SYSCALL.call(
                    errno,
                    SYS_MOVE_MOUNT,
                    mount.number(),
                    Native.string(arena, ""),
                    AT_FDCWD,
                    Native.string(arena, target.toString()),
                    FROM_EMPTY_PATH);
            if (result < 0) {
                throw new SyscallException("move_mount " + mount.name(), target.toString(), Native.errno(errno));
            }
        }
    }

    @Override
    public void close() {
        mount.close();
    }
}
