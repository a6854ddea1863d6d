package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * What a tree changes of the layers below it: the writable layer of a container, the topmost layer of an image, or a copy of
 * layers that was written to. Each file of the tree is compared with what the layers show under its name, and what they have
 * beyond that was deleted, if the tree is whole or hides it.
 *
 * <p>A directory counts as changed if something in it did or its owner, mode, time or attributes differ. A file of a writable
 * layer always does: overlayfs copies it up when it is opened for writing.
 */
final class TreeChanges {

    private static final String OPAQUE = "trusted.overlay.opaque";

    private final Tree tree;
    private final Set<String> mountPoints;
    private final List<Change> changes = new ArrayList<>();
    private final Set<String> opaque = new TreeSet<>();
    private final long fileSystem;

    private TreeChanges(Tree tree, Set<String> mountPoints) throws IOException {
        this.fileSystem = tree.root().root().stat().fileSystem();
        this.tree = tree;
        this.mountPoints = mountPoints;
    }

    /**
     * The tree whose changes are wanted.
     *
     * @param complete whether it has everything that is to be seen, not only what differs
     * @param owners gives whom the image's layers would name as the owner of a file in it
     * @param whiteouts what it deletes, where it does not have overlayfs's devices for it
     * @param hiding directories that hide what is below, where it does not have overlayfs's attribute for it
     * @param describesRoot whether owner and mode of its root mean anything
     */
    record Tree(
            RootedDir root,
            boolean complete,
            UnaryOperator<Stat> owners,
            Set<String> whiteouts,
            Set<String> hiding,
            boolean describesRoot) {}

    /**
     * Compares.
     *
     * @param layers below it, the topmost first
     * @param mountPoints paths on which something is mounted in the container: empty files and directories that were made for
     *     that are no changes
     */
    static TreeChanges in(Tree tree, List<LayerPart> layers, Set<String> mountPoints) throws IOException {
        var found = new TreeChanges(tree, mountPoints);
        var lower = layers.isEmpty() ? null : StackedFile.root(layers);
        found.directory(tree.root().root(), "", lower, tree.complete(), tree.complete());
        if (lower != null
                && tree.describesRoot()
                && !found.sameExceptTime(tree.root().root(), "", lower)) {
            found.changes.add(new Change(Change.Kind.CHANGED, ""));
        }
        found.changes.sort(null);
        return found;
    }

    /** What a layer changes of others below it, the topmost first; all are closed. */
    static List<Change> ofLayer(LayerPart layer, List<LayerPart> below) throws IOException {
        try {
            var tree = new Tree(
                    layer.root(),
                    false,
                    UnaryOperator.identity(),
                    layer.whiteouts,
                    layer.opaque,
                    !layer.implied.contains(""));
            return in(tree, below, Set.of()).list();
        } finally {
            layer.close();
            below.forEach(LayerPart::close);
        }
    }

    /** In the order of their paths. */
    List<Change> list() {
        return List.copyOf(changes);
    }

    /**
     * What became of the entries of a directory.
     *
     * @param changed whether one of them differs
     * @param skipped whether one of them is a mount point
     */
    private record Seen(boolean changed, boolean skipped) {}

    /**
     * @param lower what the layers have in its place; null if nothing or no directory
     * @param whole whether what is missing in it was deleted
     * @param compare whether what is in it may be the same as below
     */
    private Seen directory(OpenFile directory, String path, StackedFile lower, boolean whole, boolean compare)
            throws IOException {
        int before = changes.size();
        boolean skipped = false;
        var there = new TreeSet<String>();
        for (var entry : At.list(directory)) {
            var stat = At.statIfThere(directory, entry.name());
            if (stat == null || stat.fileSystem() != fileSystem) {
                continue; // removed meanwhile, or something is mounted there
            }
            there.add(entry.name());
            var child = lower == null ? null : lower.child(entry.name());
            skipped |= entry(directory, entry.name(), EntryPath.child(path, entry.name()), stat, child, compare);
        }
        if (lower != null) {
            for (var name : missing(lower, path, whole)) {
                if (!there.contains(name) && lower.child(name) != null) {
                    changes.add(new Change(Change.Kind.DELETED, EntryPath.child(path, name)));
                }
            }
        }
        return new Seen(changes.size() > before, skipped);
    }

    /** What may be below and not in the tree. */
    private Set<String> missing(StackedFile lower, String path, boolean whole) throws IOException {
        if (whole) {
            return lower.names();
        }
        var names = new TreeSet<String>();
        for (var whiteout : tree.whiteouts()) {
            if (EntryPath.parent(whiteout).equals(path)) {
                names.add(EntryPath.name(whiteout));
            }
        }
        return names;
    }

    /** Whether it is a mount point, which is no change. */
    private boolean entry(OpenFile parent, String name, String path, Stat stat, StackedFile lower, boolean compare)
            throws IOException {
        if (stat.isWhiteout()) {
            if (lower != null) {
                changes.add(new Change(Change.Kind.DELETED, path));
            }
            return false;
        }
        if (stat.isDirectory()) {
            return subdirectory(parent, name, path, stat, lower, compare);
        }
        if (lower == null && isMountPoint(path) && stat.isRegular() && stat.size() == 0) {
            return true;
        }
        if (lower == null || !compare || !same(parent, name, stat, lower)) {
            changes.add(new Change(lower == null ? Change.Kind.ADDED : Change.Kind.CHANGED, path));
        }
        return false;
    }

    private boolean subdirectory(
            OpenFile parent, String name, String path, Stat stat, StackedFile lower, boolean compare)
            throws IOException {
        boolean merged = lower != null && lower.isDirectory();
        boolean hides = isOpaque(parent, name, path);
        Seen seen;
        try (var directory = At.openDirectory(parent, name)) {
            boolean whole = hides || (compare && tree.complete());
            seen = directory(directory, path, merged ? lower : null, whole, compare && !hides);
        }
        if (lower == null) {
            if (!seen.changed() && (isMountPoint(path) || (seen.skipped() && leadsToMountPoint(path)))) {
                return true;
            }
            changes.add(new Change(Change.Kind.ADDED, path));
            return false;
        }
        boolean sameTime = seen.skipped() || !lower.described() || sameTime(stat, lower.stat());
        if (seen.changed() || hides || !merged || !sameTime || !sameExceptTime(parent, name, lower)) {
            changes.add(new Change(Change.Kind.CHANGED, path));
            if (hides) {
                opaque.add(path);
            }
        }
        return false;
    }

    private boolean isMountPoint(String path) {
        return mountPoints.contains(path);
    }

    private boolean leadsToMountPoint(String path) {
        return mountPoints.stream().anyMatch(point -> point.startsWith(path + "/"));
    }

    private boolean isOpaque(OpenFile parent, String name, String path) throws IOException {
        return tree.hiding().contains(path)
                || (At.attributes(parent, name).contains(OPAQUE)
                        && Arrays.equals(At.attribute(parent, name, OPAQUE), new byte[] {'y'}));
    }

    private boolean same(OpenFile parent, String name, Stat stat, StackedFile lower) throws IOException {
        return stat.type() == lower.stat().type()
                && (!stat.isRegular() || stat.size() == lower.stat().size())
                && stat.device() == lower.stat().device()
                && sameTime(stat, lower.stat())
                && sameExceptTime(parent, name, lower)
                && (!stat.isLink()
                        || At.readlink(parent, name)
                                .equals(lower.describing().root().readlink(lower.path())));
    }

    private static boolean sameTime(Stat stat, Stat lower) {
        return stat.mtimeSeconds() == lower.mtimeSeconds() && stat.mtimeNanos() == lower.mtimeNanos();
    }

    /** Type, mode, owner and attributes. */
    private boolean sameExceptTime(OpenFile parent, String name, StackedFile lower) throws IOException {
        var own = tree.owners().apply(At.stat(parent, name));
        var other = lower.stat();
        if (own.mode() != other.mode() || own.uid() != other.uid() || own.gid() != other.gid()) {
            return false;
        }
        try (var below = lower.describing().root().openDirectory(EntryPath.parent(lower.path()))) {
            return sameAttributes(parent, name, below, EntryPath.name(lower.path()));
        }
    }

    private static boolean sameAttributes(OpenFile a, String nameInA, OpenFile b, String nameInB) throws IOException {
        var names = wanted(a, nameInA);
        if (!names.equals(wanted(b, nameInB))) {
            return false;
        }
        for (var name : names) {
            if (!Arrays.equals(At.attribute(a, nameInA, name), At.attribute(b, nameInB, name))) {
                return false;
            }
        }
        return true;
    }

    private static Set<String> wanted(OpenFile directory, String name) throws IOException {
        var names = new TreeSet<String>();
        for (var attribute : At.attributes(directory, name)) {
            if (Attributes.wanted(attribute)) {
                names.add(attribute);
            }
        }
        return names;
    }

    /** Writes them as a layer (OCI image-spec, layer, "Change types"); the tar stays open. */
    void write(TarWriter tar) throws IOException {
        var writer = new LayerWriter(tree, tar);
        for (var change : changes) {
            if (change.kind() != Change.Kind.DELETED) {
                writer.file(change.path());
                if (opaque.contains(change.path())) {
                    writer.opaque(change.path());
                }
            } else if (!isBelowOpaque(change.path())) {
                writer.whiteout(change.path());
            }
        }
    }

    private boolean isBelowOpaque(String path) {
        for (var above = path; !above.isEmpty(); ) {
            above = EntryPath.parent(above);
            if (opaque.contains(above)) {
                return true;
            }
        }
        return false;
    }
}
