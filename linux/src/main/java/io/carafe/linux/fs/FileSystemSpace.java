package io.carafe.linux.fs;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Size and free space of a file system, from fstatfs(2).
 *
 * @param type the magic number of statfs(2): {@link #OVERLAY}, {@link #TMPFS} and others
 * @param totalBytes its size
 * @param availableBytes free for processes without privilege
 * @param totalInodes how many it can have; zero where there is no fixed number (btrfs)
 * @param availableInodes how many are free
 */
public record FileSystemSpace(long type, long totalBytes, long availableBytes, long totalInodes, long availableInodes) {

    public static final long OVERLAY = 0x794C_7630L;
    public static final long TMPFS = 0x0102_1994L;

    /** Reads a {@code struct statfs}: words of 64 bits on x86-64 and on arm64. */
    static FileSystemSpace of(MemorySegment statfs) {
        long block = statfs.get(JAVA_LONG, 8);
        return new FileSystemSpace(
                statfs.get(JAVA_LONG, 0),
                statfs.get(JAVA_LONG, 16) * block,
                statfs.get(JAVA_LONG, 32) * block,
                statfs.get(JAVA_LONG, 40),
                statfs.get(JAVA_LONG, 48));
    }
}
