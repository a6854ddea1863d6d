package io.carafe.storage.tar;

import java.util.Map;

/**
 * A member of an archive, with the extended headers before it taken into account. Names are as in
 * {@link io.carafe.linux.fs.FileNames}.
 *
 * @param name as written: may have a leading "./" or "/", and ".." in it
 * @param linkName target of a hard or symbolic link
 * @param mode the lower twelve bits
 * @param size apparent size of a regular file
 * @param stored bytes of it in the archive: fewer than {@code size} if it is sparse
 * @param xattrs extended attributes as SCHILY.xattr records give them, as bytes
 * @param sparse where the stored bytes lie in a sparse file; null if it is none
 */
public record TarEntry(
        String name,
        Type type,
        String linkName,
        int mode,
        int uid,
        int gid,
        long size,
        long stored,
        long mtimeSeconds,
        int mtimeNanos,
        int major,
        int minor,
        Map<String, byte[]> xattrs,
        SparseMap sparse) {

    /** What a member can be in a layer. */
    public enum Type {
        FILE,
        HARD_LINK,
        SYMBOLIC_LINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        DIRECTORY,
        FIFO
    }
}
