package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.Stat;
import io.carafe.linux.fs.TreeUsage;
import io.carafe.storage.tar.TarSplitWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files of a layer whose names a later member of the same archive took. Nobody sees them any more, but the archive cannot be
 * put together again without them, so they are kept in a directory beside the layer's, which is made when it is needed:
 * honest images hardly ever need it.
 */
final class ReplacedFiles implements AutoCloseable {

    private final Path directory;
    private final TarSplitWriter split;
    private OpenFile open;
    private boolean empty = true;
    private int count;

    ReplacedFiles(Path directory, TarSplitWriter split) {
        this.directory = directory;
        this.split = split;
    }

    /** Clears the name in {@code parent}: keeps what may hold data of the archive, deletes other things. */
    void take(LayerTree tree, LayerTree.Directory parent, String name) throws IOException {
        empty = false;
        int type = At.stat(parent.fd(), name).type();
        if (type != Stat.REGULAR && type != Stat.DIRECTORY) {
            tree.remove(parent, name);
            return;
        }
        if (open == null) {
            open = OpenFile.openDirectory(Files.createDirectories(directory));
        }
        int number = count++;
        split.moved(EntryPath.child(parent.path(), name), number);
        tree.move(parent, name, open, Integer.toString(number));
    }

    /** Whether no name was taken. */
    boolean isEmpty() {
        return empty;
    }

    Usage usage() throws IOException {
        if (open == null) {
            return Usage.NONE;
        }
        var counted = TreeUsage.of(open);
        return new Usage(counted.bytes(), counted.inodes());
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
        }
    }
}
