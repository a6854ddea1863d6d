package io.carafe.storage;

import io.carafe.linux.fs.Stat;
import java.util.HashMap;
import java.util.Map;

/** Which files of a tree that is written into an archive are there under another name already. */
final class HardLinks {

    private record File(long fileSystem, long inode) {}

    private final Map<File, String> written = new HashMap<>();

    /** The path under which a file was written before; null if it was not, and is now, under {@code path}. */
    String first(String path, Stat stat) {
        return stat.links() > 1 ? written.putIfAbsent(new File(stat.fileSystem(), stat.inode()), path) : null;
    }
}
