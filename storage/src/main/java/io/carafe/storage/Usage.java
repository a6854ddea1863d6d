package io.carafe.storage;

/**
 * What a directory tree takes on disk.
 *
 * @param bytes allocated blocks, not apparent sizes: a sparse file counts what it really takes, a hard-linked one once
 * @param inodes files, directories and everything else with an inode of its own
 */
public record Usage(long bytes, long inodes) {

    public static final Usage NONE = new Usage(0, 0);

    public Usage plus(Usage other) {
        return new Usage(bytes + other.bytes, inodes + other.inodes);
    }
}
