package io.carafe.storage;

import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.process.IdMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Directories that layers only imply. A layer that brings {@code a/b} without {@code a} has to have a directory {@code a} on
 * disk, and overlayfs would show its owner and mode instead of those that a lower layer gives {@code a}. So wherever the
 * topmost layer that has a directory only implies it, the writable layer gets it with what the next lower layer says.
 */
final class ImpliedDirectories implements AutoCloseable {

    /** From the top to the bottom. */
    private final List<LayerPart> parts = new ArrayList<>();

    private final IdMap ids;

    /** In the order of making. */
    private final List<String> made = new ArrayList<>(List.of(""));

    /**
     * @param layers from the bottom to the top
     * @param ids who of the node the owners in the layers are; null for the same
     */
    ImpliedDirectories(List<LayerContents> layers, IdMap ids) {
        this.ids = ids;
        layers.reversed().forEach(layer -> parts.add(new LayerPart(layer)));
    }

    @Override
    public void close() {
        parts.forEach(LayerPart::close);
    }

    /** Makes them in an empty writable layer, and gives that itself the owner and mode of the image's root. */
    void makeIn(RootedDir upper) throws IOException {
        upper.root().chmod(LayerTree.IMPLIED_MODE);
        own(upper.root(), 0, 0);
        copyRoot(upper);
        var paths = new TreeSet<String>(); // a parent sorts before its children
        parts.forEach(part -> paths.addAll(part.implied));
        paths.remove("");
        for (var path : paths) {
            if (isImpliedByTopmost(path) && origin(path) != null) {
                make(path, upper);
            }
        }
        for (var path : made.reversed()) {
            copyTime(path, upper);
        }
    }

    /** Once nothing more is made in it. */
    private void copyTime(String path, RootedDir upper) throws IOException {
        var origin = origin(path);
        if (origin != null) {
            try (var source = origin.root().openDirectory(path);
                    var target = upper.openDirectory(path)) {
                var stat = source.stat();
                target.times(stat.mtimeSeconds(), stat.mtimeNanos());
            }
        }
    }

    private void copyRoot(RootedDir upper) throws IOException {
        var origin = origin("");
        if (origin != null) {
            copy(origin, "", upper.root());
        }
    }

    /** Makes {@code path} in the writable layer, with its parents, which then hide those of the layers too. */
    private void make(String path, RootedDir upper) throws IOException {
        if (path.isEmpty() || upper.statIfThere(path) != null) {
            return;
        }
        make(EntryPath.parent(path), upper);
        made.add(path);
        upper.mkdir(path, LayerTree.IMPLIED_MODE);
        try (var made = upper.openDirectory(path)) {
            made.chmod(LayerTree.IMPLIED_MODE);
            own(made, 0, 0);
            var origin = origin(path);
            if (origin != null) {
                copy(origin, path, made);
            }
        }
    }

    /** The topmost layer that says what {@code path} is like, and has it as a directory; null if there is none. */
    private LayerPart origin(String path) throws IOException {
        for (var part : parts) {
            boolean implied = part.implied.contains(path);
            if (!implied && find(part, path) == Found.DIRECTORY) {
                return part;
            }
            if (hides(part, path) || (!implied && find(part, path) == Found.OTHER)) {
                return null;
            }
        }
        return null;
    }

    private boolean isImpliedByTopmost(String path) throws IOException {
        for (var part : parts) {
            if (find(part, path) == Found.DIRECTORY) {
                return part.implied.contains(path);
            }
        }
        return false;
    }

    /** Whether the layer deletes {@code path} or something above it, or shows nothing of it but its own. */
    private static boolean hides(LayerPart part, String path) {
        for (var above = path; !above.isEmpty(); above = EntryPath.parent(above)) {
            if (part.hides(above)) {
                return true;
            }
        }
        return part.hides("");
    }

    private enum Found {
        NOTHING,
        DIRECTORY,
        /** A file or a link, there or on the way there. */
        OTHER
    }

    private static Found find(LayerPart part, String path) throws IOException {
        if (path.isEmpty()) {
            return Found.DIRECTORY;
        }
        try {
            part.root()
                    .openWithoutLinks(path, OpenFlags.PATH | OpenFlags.DIRECTORY, 0)
                    .close();
            return Found.DIRECTORY;
        } catch (SyscallException e) {
            return switch (e.errno()) {
                case Errno.ENOENT -> Found.NOTHING;
                case Errno.ENOTDIR, Errno.ELOOP -> Found.OTHER;
                default -> throw e;
            };
        }
    }

    /** An owner that the id map has no place for stays root of the node, which in the container is nobody. */
    private void own(OpenFile directory, int uid, int gid) throws IOException {
        if (ids == null) {
            directory.chown(uid, gid);
        } else {
            directory.chown((int) ids.uidOnNode(Integer.toUnsignedLong(uid)).orElse(0), (int)
                    ids.gidOnNode(Integer.toUnsignedLong(gid)).orElse(0));
        }
    }

    private void copy(LayerPart origin, String path, OpenFile target) throws IOException {
        try (var source = origin.root().openDirectory(path)) {
            var stat = source.stat();
            own(target, stat.uid(), stat.gid());
            target.chmod(stat.permissions());
            for (var name : At.attributes(source, "")) {
                if (Attributes.wanted(name)) {
                    target.setAttribute(name, source.attribute(name));
                }
            }
        }
    }
}
