package io.carafe.storage;

/**
 * What a layer may ask of the node before it is refused. A tar comes from outside, and a few kilobytes of compressed
 * input can ask for terabytes of zeros or millions of directories.
 *
 * @param entries members of the archive
 * @param directories directories, and also whiteouts: these are held in memory
 * @param pathBytes length of a path or link target in bytes
 * @param depth components of a path
 * @param totalBytes length of the uncompressed archive, and also the sum of the sizes of all files, holes included
 * @param fileBytes apparent size of one file
 * @param headerBytes size of the extended headers (PAX, GNU long names, sparse maps) of one member
 * @param xattrBytes size of one extended attribute's value
 */
public record UnpackLimits(
        long entries,
        int directories,
        int pathBytes,
        int depth,
        long totalBytes,
        long fileBytes,
        int headerBytes,
        int xattrBytes) {

    private static final long GIB = 1L << 30;

    /** Far above every image of good faith: 4 million members, 200,000 directories, 1 TiB, paths as the kernel takes them. */
    public static final UnpackLimits DEFAULT =
            new UnpackLimits(4_000_000, 200_000, 4095, 512, 1024 * GIB, 1024 * GIB, 1 << 20, 1 << 16);

    /** The same limits with another bound on the archive and the files in it. */
    public UnpackLimits withTotalBytes(long bytes) {
        return new UnpackLimits(
                entries, directories, pathBytes, depth, bytes, Math.min(fileBytes, bytes), headerBytes, xattrBytes);
    }
}
