package io.carafe.linux.fs;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * What statx(2) says about a file.
 *
 * @param mode type and permissions, {@code st_mode}
 * @param links number of hard links
 * @param size apparent size in bytes
 * @param blocks allocated blocks of 512 bytes
 * @param device number of a device node: {@link #device(int, int)}
 * @param fileSystem device number of the file system
 * @param mountRoot whether something is mounted here, if the kernel says so (5.8)
 */
public record Stat(
        int mode,
        int uid,
        int gid,
        int links,
        long inode,
        long size,
        long blocks,
        long mtimeSeconds,
        int mtimeNanos,
        long device,
        long fileSystem,
        boolean mountRoot) {

    public static final int TYPE_MASK = 0xF000;
    public static final int FIFO = 0x1000;
    public static final int CHARACTER_DEVICE = 0x2000;
    public static final int DIRECTORY = 0x4000;
    public static final int BLOCK_DEVICE = 0x6000;
    public static final int REGULAR = 0x8000;
    public static final int LINK = 0xA000;
    public static final int SOCKET = 0xC000;

    /** All that statx gives everywhere: STATX_BASIC_STATS. */
    static final int BASIC = 0x7FF;

    private static final long ATTR_MOUNT_ROOT = 0x2000;

    public int type() {
        return mode & TYPE_MASK;
    }

    /** The lower twelve bits: permissions, set-user-ID, set-group-ID, sticky. */
    public int permissions() {
        return mode & 0xFFF;
    }

    /** The same of another owner. */
    public Stat withOwner(int otherUid, int otherGid) {
        return new Stat(
                mode,
                otherUid,
                otherGid,
                links,
                inode,
                size,
                blocks,
                mtimeSeconds,
                mtimeNanos,
                device,
                fileSystem,
                mountRoot);
    }

    public boolean isDirectory() {
        return type() == DIRECTORY;
    }

    public boolean isLink() {
        return type() == LINK;
    }

    public boolean isRegular() {
        return type() == REGULAR;
    }

    /** An overlayfs whiteout: a character device with number 0:0. */
    public boolean isWhiteout() {
        return type() == CHARACTER_DEVICE && device == 0;
    }

    public long allocatedBytes() {
        return blocks * 512;
    }

    /** A device number as the C library's {@code makedev} encodes it. */
    public static long device(int major, int minor) {
        long high = major & 0xFFFF_F000L;
        long highMinor = minor & 0xFFFF_FF00L;
        return (high << 32) | ((major & 0xFFFL) << 8) | (highMinor << 12) | (minor & 0xFFL);
    }

    /** Reads a {@code struct statx}, which is the same on all architectures. */
    static Stat of(MemorySegment statx) {
        return new Stat(
                statx.get(JAVA_SHORT, 28) & 0xFFFF,
                statx.get(JAVA_INT, 20),
                statx.get(JAVA_INT, 24),
                statx.get(JAVA_INT, 16),
                statx.get(JAVA_LONG, 32),
                statx.get(JAVA_LONG, 40),
                statx.get(JAVA_LONG, 48),
                statx.get(JAVA_LONG, 112),
                statx.get(JAVA_INT, 120),
                device(statx.get(JAVA_INT, 128), statx.get(JAVA_INT, 132)),
                device(statx.get(JAVA_INT, 136), statx.get(JAVA_INT, 140)),
                (statx.get(JAVA_LONG, 8) & ATTR_MOUNT_ROOT) != 0);
    }
}
