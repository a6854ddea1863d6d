package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Applies one layer to a directory that holds the layers below it: deletes what the layer hides, then copies its files with
 * owner, mode, attributes and time. Hard links within the layer stay hard links.
 */
final class LayerCopy {

    private final RootedDir target;
    private final Set<String> implied;
    private final Map<Long, String> linked = new HashMap<>();

    private LayerCopy(LayerContents layer, RootedDir target) {
        this.target = target;
        this.implied = new HashSet<>(layer.file().implied());
    }

    static void apply(LayerContents layer, RootedDir target) throws IOException {
        for (var path : layer.file().whiteouts()) {
            removeWithoutLinks(target, path);
        }
        for (var path : layer.file().opaque()) {
            empty(target, path);
        }
        try (var source = RootedDir.open(layer.diff())) {
            new LayerCopy(layer, target).directory(source.root(), target.root(), "");
        }
    }

    private static void removeWithoutLinks(RootedDir target, String path) throws IOException {
        try (var parent = directoryIfThere(target, EntryPath.parent(path))) {
            if (parent != null) {
                var before = parent.stat();
                RootedDir.removeTree(parent, EntryPath.name(path));
                parent.times(before.mtimeSeconds(), before.mtimeNanos());
            }
        }
    }

    private static void empty(RootedDir target, String path) throws IOException {
        try (var directory = directoryIfThere(target, path)) {
            if (directory != null) {
                var before = directory.stat();
                for (var entry : At.list(directory)) {
                    RootedDir.removeTree(directory, entry.name());
                }
                directory.times(before.mtimeSeconds(), before.mtimeNanos());
            }
        }
    }

    /** Null if there is no such directory, or a link on the way to it: a layer hides names, not what links lead to. */
    private static OpenFile directoryIfThere(RootedDir target, String path) throws IOException {
        try {
            return target.openWithoutLinks(path, OpenFlags.READ | OpenFlags.DIRECTORY, 0);
        } catch (IOException notThere) {
            return null;
        }
    }

    private void directory(OpenFile from, OpenFile to, String path) throws IOException {
        var before = to.stat();
        for (var entry : At.list(from)) {
            var stat = At.stat(from, entry.name());
            var child = EntryPath.child(path, entry.name());
            if (stat.isDirectory()) {
                subdirectory(from, to, entry.name(), child);
            } else if (!stat.isWhiteout()) {
                RootedDir.removeTree(to, entry.name());
                copy(from, to, entry.name(), child, stat);
            }
        }
        if (implied.contains(path)) {
            to.times(before.mtimeSeconds(), before.mtimeNanos());
        } else {
            describe(from, to, from.stat());
        }
    }

    private void subdirectory(OpenFile from, OpenFile to, String name, String path) throws IOException {
        var there = At.statIfThere(to, name);
        if (there != null && !there.isDirectory()) {
            RootedDir.removeTree(to, name);
            there = null;
        }
        if (there == null) {
            At.mkdir(to, name, LayerTree.IMPLIED_MODE);
        }
        try (var source = At.openDirectory(from, name);
                var copy = At.openDirectory(to, name)) {
            if (there == null) {
                copy.chmod(LayerTree.IMPLIED_MODE);
            }
            directory(source, copy, path);
        }
    }

    private void copy(OpenFile from, OpenFile to, String name, String path, Stat stat) throws IOException {
        var first = stat.links() > 1 ? linked.putIfAbsent(stat.inode(), path) : null;
        if (first != null) {
            try (var parent = target.openDirectory(EntryPath.parent(first))) {
                At.link(parent, EntryPath.name(first), to, name);
            }
        } else if (stat.isRegular()) {
            int flags = OpenFlags.WRITE | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;
            try (var source = At.open(from, name, OpenFlags.READ, 0);
                    var copy = At.open(to, name, flags, 0600)) {
                source.copyTo(copy);
                describe(source, copy, stat);
            }
        } else if (stat.isLink()) {
            At.symlink(At.readlink(from, name), to, name);
            At.chown(to, name, stat.uid(), stat.gid());
            At.times(to, name, stat.mtimeSeconds(), stat.mtimeNanos());
        } else {
            At.mknod(to, name, stat.mode(), stat.device());
            At.chown(to, name, stat.uid(), stat.gid());
            At.chmod(to, name, stat.permissions());
            At.times(to, name, stat.mtimeSeconds(), stat.mtimeNanos());
        }
    }

    private static void describe(OpenFile from, OpenFile to, Stat stat) throws IOException {
        to.chown(stat.uid(), stat.gid());
        to.chmod(stat.permissions());
        for (var name : At.attributes(from, "")) {
            if (Attributes.wanted(name)) {
                to.setAttribute(name, from.attribute(name));
            }
        }
        to.times(stat.mtimeSeconds(), stat.mtimeNanos());
    }
}
