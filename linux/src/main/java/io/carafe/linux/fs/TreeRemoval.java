package io.carafe.linux.fs;

import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import java.io.IOException;

/**
 * Deletes a tree that a hostile program may have made. Every step is one name in an open directory. A descriptor is open
 * for each level, so a tree that is deeper than {@link #MAX_DEPTH} has its deeper parts moved up before they are
 * deleted: a container that nests ten thousand directories can exhaust neither descriptors nor stack.
 */
final class TreeRemoval {

    private static final int MAX_DEPTH = 128;

    private final OpenFile parent;
    private final String name;
    private int moved;

    TreeRemoval(OpenFile parent, String name) {
        this.parent = parent;
        this.name = name;
    }

    void run() throws IOException {
        if (removedAsFile(parent, name)) {
            return;
        }
        try (var top = At.openDirectory(parent, name)) {
            int before;
            do {
                before = moved;
                empty(top, top, 0);
            } while (moved > before);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT) {
                return;
            }
            throw e;
        }
        At.rmdir(parent, name);
    }

    private void empty(OpenFile directory, OpenFile top, int depth) throws IOException {
        for (var entry : At.list(directory)) {
            if (entry.type() != Stat.DIRECTORY && removedAsFile(directory, entry.name())) {
                continue;
            }
            if (depth >= MAX_DEPTH) {
                moveUp(directory, entry.name(), top);
                continue;
            }
            try (var child = At.openDirectory(directory, entry.name())) {
                empty(child, top, depth + 1);
            }
            At.rmdir(directory, entry.name());
        }
    }

    private void moveUp(OpenFile directory, String entry, OpenFile top) throws IOException {
        while (true) {
            try {
                At.renameNew(directory, entry, top, ".removal-" + moved++);
                return;
            } catch (SyscallException e) {
                if (e.errno() != Errno.EEXIST) {
                    throw e;
                }
            }
        }
    }

    /** Whether {@code name} is gone now; false if it is a directory. */
    private static boolean removedAsFile(OpenFile directory, String name) throws IOException {
        try {
            At.unlink(directory, name);
            return true;
        } catch (SyscallException e) {
            return switch (e.errno()) {
                case Errno.ENOENT -> true;
                case Errno.EISDIR -> false;
                default -> throw e;
            };
        }
    }
}
