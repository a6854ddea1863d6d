package io.carafe.linux.fs;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * Counts what a directory tree takes on disk, without following links or leaving the file system. Below 500 levels it stops
 * counting: nobody but an attacker goes there.
 *
 * @param bytes allocated blocks; files with several names count once
 * @param inodes the directory itself included
 */
public record TreeUsage(long bytes, long inodes) {

    private static final int MAX_DEPTH = 500;

    public static TreeUsage of(OpenFile directory) throws IOException {
        var count = new Count();
        var top = directory.stat();
        count.add(top);
        count.walk(directory, top.fileSystem(), 0);
        return new TreeUsage(count.bytes, count.inodes);
    }

    private static final class Count {
        private long bytes;
        private long inodes;
        private final Set<Long> linked = new HashSet<>();

        private void walk(OpenFile directory, long fileSystem, int depth) throws IOException {
            for (var entry : At.list(directory)) {
                var stat = At.statIfThere(directory, entry.name());
                if (stat == null || stat.fileSystem() != fileSystem) {
                    continue; // removed while we count, or something is mounted there
                }
                add(stat);
                if (stat.isDirectory() && depth < MAX_DEPTH) {
                    try (var child = At.openDirectory(directory, entry.name())) {
                        walk(child, fileSystem, depth + 1);
                    }
                }
            }
        }

        private void add(Stat stat) {
            if (stat.isDirectory() || stat.links() == 1 || linked.add(stat.inode())) {
                bytes += stat.allocatedBytes();
                inodes++;
            }
        }
    }
}
