package io.carafe.linux.mount;

import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Set;

/**
 * mount(2) and umount2(2). All of it happens in the mount namespace of this process and needs CAP_SYS_ADMIN.
 *
 * <p>Targets are resolved by the kernel as they are, links included: below a container's root file system, hand in
 * {@code /proc/self/fd/N} of a target that was opened with an openat2 below it.
 */
public final class Mounts {

    private static final long MS_REMOUNT = 0x20;
    private static final long MS_BIND = 0x1000;
    private static final long MS_REC = 0x4000;
    private static final int MNT_DETACH = 2;
    private static final int UMOUNT_NOFOLLOW = 8;

    /** A mount point covered by other mounts is unmounted once for each, but an endless stack is somebody's error. */
    private static final int MAX_ROUNDS = 64;

    private static final CFunction MOUNT = CFunction.returningInt("mount");
    private static final CFunction UMOUNT = CFunction.returningInt("umount2");

    private Mounts() {}

    /**
     * Mounts a file system.
     *
     * @param data options of the file system, as in {@code size=64m,mode=1777}; at most 4095 bytes
     */
    public static void mount(String type, String source, Path target, Set<MountFlag> flags, String data)
            throws IOException {
        call("mount " + type, source, target, type, MountFlag.bits(flags), data);
    }

    /** Makes {@code source}, a file or directory, visible at {@code target}; with its submounts if {@code recursive}. */
    public static void bind(Path source, Path target, boolean recursive) throws IOException {
        call("bind", source.toString(), target, null, MS_BIND | (recursive ? MS_REC : 0), null);
    }

    /**
     * Replaces the flags of the mount at {@code target}; the file system and other mounts of it keep theirs. Flags left
     * out are cleared, so pass the ones to keep.
     */
    public static void remount(Path target, Set<MountFlag> flags) throws IOException {
        call("remount", null, target, null, MS_REMOUNT | MS_BIND | MountFlag.bits(flags), null);
    }

    /** Sets how mounts at or below {@code target} travel; on the whole tree of mounts if {@code recursive}. */
    public static void propagation(Path target, Propagation propagation, boolean recursive) throws IOException {
        call("set propagation", null, target, null, propagation.bits() | (recursive ? MS_REC : 0), null);
    }

    /**
     * Takes away the topmost mount at {@code target}.
     *
     * @throws SyscallException EBUSY while something uses it, EINVAL if nothing is mounted there
     */
    public static void unmount(Path target) throws IOException {
        unmount(target, UMOUNT_NOFOLLOW);
    }

    /** Takes the topmost mount out of the tree at once; the kernel lets go of it when its last user does. */
    public static void detach(Path target) throws IOException {
        unmount(target, UMOUNT_NOFOLLOW | MNT_DETACH);
    }

    /**
     * Takes away everything that is mounted at or below {@code directory}, the deepest first, lazily where it is busy.
     * Mounts that vanish meanwhile are no error.
     *
     * @return how many mounts were taken away
     */
    public static int unmountAll(Path directory) throws IOException {
        int count = 0;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            var mounts = MountInfo.below(directory);
            if (mounts.isEmpty()) {
                return count;
            }
            for (var mount : mounts.reversed()) {
                count += unmountIfThere(mount.path()) ? 1 : 0;
            }
        }
        throw new IOException("unmount " + directory + ": still has mounts after " + MAX_ROUNDS + " rounds");
    }

    /** Takes away the topmost mount at {@code target}, lazily if it is busy; false if nothing is mounted there. */
    public static boolean unmountIfThere(Path target) throws IOException {
        try {
            unmount(target);
            return true;
        } catch (SyscallException e) {
            return switch (e.errno()) {
                case Errno.EINVAL, Errno.ENOENT -> false;
                case Errno.EBUSY -> {
                    detach(target);
                    yield true;
                }
                default -> throw e;
            };
        }
    }

    private static void unmount(Path target, int flags) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            long result = UMOUNT.call(errno, Native.string(arena, target.toString()), flags);
            if (result < 0) {
                throw new SyscallException("umount", target.toString(), Native.errno(errno));
            }
        }
    }

    private static void call(String action, String source, Path target, String type, long flags, String data)
            throws IOException {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            long result = MOUNT.call(
                    errno,
                    Native.string(arena, source),
                    Native.string(arena, target.toString()),
                    Native.string(arena, type),
                    flags,
                    Native.string(arena, data));
            if (result < 0) {
                var subject = source == null ? target.toString() : source + " on " + target;
                throw new SyscallException(action, subject, Native.errno(errno));
            }
        }
    }
}
