package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import io.carafe.storage.tar.TarEntry;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The directories of a layer that is being unpacked. It starts empty, so every directory in it was made here and is
 * known by its path: what is not in the map is a file, a link or nothing. Links on the way to a member are resolved
 * here, inside the layer; the kernel is never asked to follow one. The most recently used directories are kept open.
 */
final class LayerTree implements AutoCloseable {

    private static final int MAX_OPEN = 256;

    /** As many as the kernel follows in one path. */
    private static final int MAX_LINKS = 40;

    static final int IMPLIED_MODE = 0755;

    private final RootedDir root;
    private final UnpackLimits limits;
    private final Whiteouts whiteouts;
    /** Sorted, so that a hostile archive which replaces directories over and over does not cost a walk through all. */
    private final NavigableMap<String, Directory> directories = new TreeMap<>();

    private final LinkedHashMap<Directory, OpenFile> open = new LinkedHashMap<>(16, 0.75f, true);
    private final Directory top;
    private Directory last;

    LayerTree(RootedDir root, UnpackLimits limits, Whiteouts whiteouts) {
        this.root = root;
        this.limits = limits;
        this.whiteouts = whiteouts;
        this.top = new Directory("");
        directories.put("", top);
        last = top;
    }

    /** A directory of the layer. */
    final class Directory {
        private final String path;

        /** The member that describes it; null while only the paths of others imply it. */
        private TarEntry entry;

        private Directory(String path) {
            this.path = path;
        }

        String path() {
            return path;
        }

        TarEntry entry() {
            return entry;
        }

        void describe(TarEntry member) {
            entry = member;
        }

        /** Open for calls of {@link At}, until {@value #MAX_OPEN} others were asked for. */
        OpenFile fd() throws IOException {
            return path.isEmpty() ? root.root() : openDirectory(this);
        }
    }

    Collection<Directory> all() {
        return directories.values();
    }

    Directory find(String path) {
        return directories.get(path);
    }

    /** The directory at {@code path}; made, with those on the way, where it is missing. */
    Directory at(String path) throws IOException {
        if (last.path.equals(path)) {
            return last;
        }
        var known = directories.get(path);
        last = known == null ? walk(path) : known;
        return last;
    }

    /** Makes a directory in {@code parent}, where nothing has its name. */
    Directory make(Directory parent, String name) throws IOException {
        At.mkdir(parent.fd(), name, IMPLIED_MODE);
        var made = new Directory(EntryPath.child(parent.path, name));
        if (made.path.length() > limits.pathBytes()) {
            throw EntryPath.refused(made.path, "its links lead to a path longer than " + limits.pathBytes() + " bytes");
        }
        if (directories.size() >= limits.directories()) {
            throw EntryPath.refused(made.path, "the layer has more than " + limits.directories() + " directories");
        }
        directories.put(made.path, made);
        return made;
    }

    /** Deletes whatever has this name. */
    void remove(Directory parent, String name) throws IOException {
        forget(EntryPath.child(parent.path, name));
        RootedDir.removeTree(parent.fd(), name);
    }

    /** Moves whatever has this name out of the layer. */
    void move(Directory parent, String name, OpenFile target, String newName) throws IOException {
        forget(EntryPath.child(parent.path, name));
        At.rename(parent.fd(), name, target, newName);
    }

    private void forget(String path) {
        if (directories.remove(path) != null) {
            directories.subMap(path + "/", path + "0").clear(); // '0' follows '/'
            closeAll();
            last = top;
        }
        whiteouts.forget(path);
    }

    @Override
    public void close() {
        closeAll();
    }

    /** Goes to {@code path} one component at a time. */
    private Directory walk(String path) throws IOException {
        Deque<String> pending = new ArrayDeque<>(Arrays.asList(path.split("/")));
        var current = top;
        int links = 0;
        while (!pending.isEmpty()) {
            var name = pending.poll();
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                current = directories.get(EntryPath.parent(current.path));
                continue;
            }
            var known = directories.get(EntryPath.child(current.path, name));
            if (known != null) {
                current = known;
                continue;
            }
            var stat = At.statIfThere(current.fd(), name);
            if (stat != null && stat.isLink()) {
                if (++links > MAX_LINKS) {
                    throw EntryPath.refused(path, "more than " + MAX_LINKS + " links lead to its directory");
                }
                var target = At.readlink(current.fd(), name);
                current = target.startsWith("/") ? top : current;
                prepend(target, pending);
            } else {
                current = step(current, name, stat, path);
            }
        }
        return current;
    }

    private Directory step(Directory current, String name, Stat stat, String path) throws IOException {
        var next = EntryPath.child(current.path, name);
        if (whiteouts.hides(next)) {
            return whiteouts.replaceByDirectory(this, current, name);
        }
        if (stat != null) {
            throw EntryPath.refused(path, next + " on the way to it is not a directory");
        }
        return make(current, name);
    }

    private void prepend(String target, Deque<String> pending) {
        List<String> components = new ArrayList<>(Arrays.asList(target.split("/")));
        for (var component : components.reversed()) {
            pending.addFirst(component);
        }
        if (pending.size() > limits.depth() * 2) {
            throw EntryPath.refused(target, "link target has too many components");
        }
    }

    private OpenFile openDirectory(Directory directory) throws IOException {
        var known = open.get(directory);
        if (known != null) {
            return known;
        }
        if (open.size() >= MAX_OPEN) {
            open.pollFirstEntry().getValue().close();
        }
        var fd = root.openWithoutLinks(directory.path, OpenFlags.READ | OpenFlags.DIRECTORY, 0);
        open.put(directory, fd);
        return fd;
    }

    private void closeAll() {
        open.values().forEach(OpenFile::close);
        open.clear();
    }
}
