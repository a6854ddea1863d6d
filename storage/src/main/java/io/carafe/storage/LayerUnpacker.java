package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import io.carafe.linux.fs.TreeUsage;
import io.carafe.storage.tar.ChunkPipe;
import io.carafe.storage.tar.TarEntry;
import io.carafe.storage.tar.TarReader;
import io.carafe.storage.tar.TarSplitWriter;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the members of an archive as files of a layer. Owners are numeric, nothing is followed, and what an earlier member
 * made gives way to a later one of the same name; a directory on a directory only takes its place in owner, mode and time.
 * Directories get these last of all, so that files made in them don't change their times.
 */
final class LayerUnpacker {

    private static final Logger LOG = System.getLogger("io.carafe.storage");

    private static final int BUFFER = 256 * 1024;
    private static final int BLOCK = 4096;
    private static final int NEW_FILE = OpenFlags.WRITE | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;

    private final UnpackLimits limits;
    private final TarReader tar;
    private final RootedDir root;
    private final TarSplitWriter split;
    private final ReplacedFiles replaced;
    private final Whiteouts whiteouts;
    private final LayerTree tree;
    private final MemorySegment buffer;

    private long entries;
    private long apparentBytes;
    private long bytes;
    private long inodes;
    private boolean attributesRefused;

    private LayerUnpacker(
            TarReader tar,
            RootedDir root,
            TarSplitWriter split,
            ReplacedFiles replaced,
            boolean nodes,
            UnpackLimits limits,
            Arena arena) {
        this.tar = tar;
        this.root = root;
        this.split = split;
        this.replaced = replaced;
        this.limits = limits;
        this.whiteouts = new Whiteouts(nodes, limits.directories());
        this.tree = new LayerTree(root, limits, whiteouts);
        this.buffer = arena.allocate(BUFFER);
    }

    /** What unpacking tells about a layer. */
    record Result(Usage usage, List<String> implied, List<String> whiteouts, List<String> opaque) {}

    /**
     * Unpacks a whole archive.
     *
     * @param staged the directory of the layer to be, with an empty {@code diff/} in it
     * @param nodes whether the file system can hold overlayfs's whiteouts
     * @throws IOException from reading the archive
     */
    static Result unpack(ChunkPipe archive, Path staged, boolean nodes, UnpackLimits limits) throws IOException {
        try (var root = RootedDir.open(staged.resolve(LayerFile.DIFF));
                var split = TarSplitWriter.create(staged.resolve(LayerFile.TAR_SPLIT));
                var replaced = new ReplacedFiles(staged.resolve(LayerFile.REPLACED), split);
                var arena = Arena.ofConfined()) {
            root.root().chown(0, 0); // a set-group-ID bit above would pass its group on
            root.root().chmod(LayerTree.IMPLIED_MODE);
            var tar = new TarReader(archive, split, limits);
            var result = new LayerUnpacker(tar, root, split, replaced, nodes, limits, arena).unpack();
            tar.finish();
            split.end();
            return result;
        }
    }

    private Result unpack() throws IOException {
        try (tree) {
            for (var entry = tar.next(); entry != null; entry = tar.next()) {
                add(entry);
            }
            finishDirectories();
            return result();
        }
    }

    private void add(TarEntry entry) throws IOException {
        if (++entries > limits.entries()) {
            throw EntryPath.refused(entry.name(), "the layer has more than " + limits.entries() + " entries");
        }
        apparentBytes += entry.size();
        if (apparentBytes > limits.totalBytes()) {
            throw EntryPath.refused(entry.name(), "the layer's files exceed " + limits.totalBytes() + " bytes");
        }
        try {
            place(entry, EntryPath.of(entry.name(), limits));
        } catch (SyscallException e) {
            throw failure(entry, e);
        }
    }

    private void place(TarEntry entry, String path) throws IOException {
        var name = EntryPath.name(path);
        if (path.isEmpty()) {
            if (entry.type() != TarEntry.Type.DIRECTORY) {
                throw EntryPath.refused(entry.name(), "the layer's root can only be a directory");
            }
            tree.at("").describe(entry);
        } else if (name.startsWith(Whiteouts.PREFIX)) {
            whiteout(entry, EntryPath.parent(path), name);
        } else if (!Whiteouts.isBelowAufsDirectory(path)) {
            write(entry, tree.at(EntryPath.parent(path)), name);
        }
    }

    private void whiteout(TarEntry entry, String parent, String name) throws IOException {
        if (name.equals(Whiteouts.OPAQUE_NAME)) {
            whiteouts.makeOpaque(tree.at(parent));
            return;
        }
        if (name.startsWith(Whiteouts.AUFS_PREFIX)) {
            return;
        }
        var hidden = name.substring(Whiteouts.PREFIX.length());
        if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
            throw EntryPath.refused(entry.name(), "whiteout without a name to hide");
        }
        whiteouts.hide(tree, tree.at(parent), hidden);
    }

    private void write(TarEntry entry, LayerTree.Directory parent, String name) throws IOException {
        try {
            create(entry, parent, name);
        } catch (SyscallException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
            if (alreadyLinked(entry, parent, name)) {
                return;
            }
            replaced.take(tree, parent, name);
            create(entry, parent, name);
        }
    }

    private void create(TarEntry entry, LayerTree.Directory parent, String name) throws IOException {
        switch (entry.type()) {
            case FILE -> file(entry, parent, name);
            case DIRECTORY -> directory(entry, parent, name);
            case HARD_LINK -> hardLink(entry, parent, name);
            case SYMBOLIC_LINK -> symbolicLink(entry, parent, name);
            case CHARACTER_DEVICE -> node(entry, parent, name, Stat.CHARACTER_DEVICE);
            case BLOCK_DEVICE -> node(entry, parent, name, Stat.BLOCK_DEVICE);
            case FIFO -> node(entry, parent, name, Stat.FIFO);
        }
    }

    private void file(TarEntry entry, LayerTree.Directory parent, String name) throws IOException {
        var path = EntryPath.child(parent.path(), name);
        try (var file = At.open(parent.fd(), name, NEW_FILE, entry.mode() & 0777)) {
            if (entry.sparse() == null) {
                split.file(path, entry.size());
                copy(file);
            } else {
                split.sparseFile(path, entry.sparse());
                copySparse(file, entry);
            }
            describe(file, entry, Umask.leaves(entry.mode()));
        }
        count(entry.stored());
    }

    private void copy(OpenFile file) throws IOException {
        while (tar.unread() > 0) {
            file.write(buffer, 0, fill(tar.unread()));
        }
    }

    private void copySparse(OpenFile file, TarEntry entry) throws IOException {
        var map = entry.sparse();
        for (int i = 0; i < map.offsets().length; i++) {
            for (long done = 0; done < map.lengths()[i]; ) {
                long length = fill(map.lengths()[i] - done);
                file.writeAt(map.offsets()[i] + done, buffer, length);
                done += length;
            }
        }
        file.truncate(entry.size());
    }

    /** Collects as much of the member as the buffer takes, to write it in few calls. */
    private long fill(long limit) throws IOException {
        long wanted = Math.min(limit, BUFFER);
        long filled = 0;
        while (filled < wanted) {
            filled += tar.read(buffer.asSlice(filled), wanted - filled);
        }
        return filled;
    }

    /** Owner, mode, attributes, time: in this order, since each may undo the ones behind it. */
    private void describe(OpenFile file, TarEntry entry, boolean hasMode) throws IOException {
        boolean owned = entry.uid() != 0 || entry.gid() != 0;
        if (owned) {
            file.chown(entry.uid(), entry.gid());
        }
        if (owned || !hasMode) {
            file.chmod(entry.mode());
        }
        for (var xattr : entry.xattrs().entrySet()) {
            if (Attributes.wanted(xattr.getKey())) {
                setAttribute(file, xattr.getKey(), xattr.getValue());
            }
        }
        file.times(entry.mtimeSeconds(), entry.mtimeNanos());
    }

    private void setAttribute(OpenFile file, String name, byte[] value) throws IOException {
        try {
            file.setAttribute(name, value);
        } catch (SyscallException e) {
            if (e.errno() != Errno.EOPNOTSUPP) {
                throw e;
            }
            if (!attributesRefused) {
                LOG.log(Level.WARNING, "{0}: the file system has no such extended attributes: {1}", file.name(), name);
                attributesRefused = true;
            }
        }
    }

    private void directory(TarEntry entry, LayerTree.Directory parent, String name) throws IOException {
        var path = EntryPath.child(parent.path(), name);
        var known = tree.find(path);
        if (known == null) {
            known = whiteouts.hides(path) ? whiteouts.replaceByDirectory(tree, parent, name) : tree.make(parent, name);
        }
        known.describe(entry);
    }

    private void hardLink(TarEntry entry, LayerTree.Directory parent, String name) throws IOException {
        var target = EntryPath.of(entry.linkName(), limits);
        var from = tree.at(EntryPath.parent(target));
        if (target.isEmpty() || tree.find(target) != null) {
            throw EntryPath.refused(entry.name(), "hard link to the directory " + EntryPath.printable(target));
        }
        if (whiteouts.hides(EntryPath.child(from.path(), EntryPath.name(target)))) {
            throw EntryPath.refused(
                    entry.name(), "hard link to " + EntryPath.printable(target) + ", which the layer deletes");
        }
        try {
            // both stay open: the tree closes only what was used the longest time ago
            At.link(from.fd(), EntryPath.name(target), parent.fd(), name);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT) {
                throw EntryPath.refused(
                        entry.name(), "hard link to " + EntryPath.printable(target) + ", which is not in this layer");
            }
            throw e;
        }
    }

    /** Whether the entry is a hard link to what has its name already, itself for one: deleting that would lose the file. */
    private boolean alreadyLinked(TarEntry entry, LayerTree.Directory parent, String name) throws IOException {
        if (entry.type() != TarEntry.Type.HARD_LINK) {
            return false;
        }
        var target = EntryPath.of(entry.linkName(), limits);
        var there = At.stat(parent.fd(), name);
        var linked = At.stat(tree.at(EntryPath.parent(target)).fd(), EntryPath.name(target));
        return there.inode() == linked.inode();
    }

    private void symbolicLink(TarEntry entry, LayerTree.Directory parent, String name) throws IOException {
        var target = entry.linkName();
        if (target.isEmpty() || target.indexOf('\0') >= 0 || target.length() > limits.pathBytes()) {
            throw EntryPath.refused(entry.name(), "symbolic link to an empty or impossible target");
        }
        At.symlink(target, parent.fd(), name);
        describeNode(entry, parent, name);
    }

    private void node(TarEntry entry, LayerTree.Directory parent, String name, int type) throws IOException {
        long device = Stat.device(entry.major(), entry.minor());
        if (type == Stat.CHARACTER_DEVICE && device == 0) {
            throw EntryPath.refused(entry.name(), "character device 0:0 would hide a file of the layers below");
        }
        At.mknod(parent.fd(), name, type | (entry.mode() & 0777), device);
        describeNode(entry, parent, name);
    }

    /** As {@link #describe}, of something that cannot be opened. It was made just now, by us, so it is no link. */
    private void describeNode(TarEntry entry, LayerTree.Directory parent, String name) throws IOException {
        if (entry.uid() != 0 || entry.gid() != 0) {
            At.chown(parent.fd(), name, entry.uid(), entry.gid());
        }
        if (entry.type() != TarEntry.Type.SYMBOLIC_LINK) {
            At.chmod(parent.fd(), name, entry.mode());
        }
        At.times(parent.fd(), name, entry.mtimeSeconds(), entry.mtimeNanos());
        count(0);
    }

    private void finishDirectories() throws IOException {
        for (var directory : tree.all()) {
            var entry = directory.entry();
            try {
                bytes += directory.fd().stat().allocatedBytes();
                inodes++;
                if (entry == null) {
                    directory.fd().chmod(LayerTree.IMPLIED_MODE);
                } else {
                    describe(directory.fd(), entry, false);
                }
            } catch (SyscallException e) {
                if (entry == null) {
                    throw e;
                }
                throw failure(entry, e);
            }
        }
    }

    private Result result() throws IOException {
        var implied = tree.all().stream()
                .filter(directory -> directory.entry() == null)
                .map(LayerTree.Directory::path)
                .sorted()
                .toList();
        return new Result(usage(), implied, whiteouts.hidden(), whiteouts.opaque());
    }

    /** Counted along the way; only where members replaced others the tree is walked. */
    private Usage usage() throws IOException {
        if (replaced.isEmpty()) {
            return new Usage(bytes, inodes + whiteouts.hidden().size());
        }
        var counted = TreeUsage.of(root.root());
        return new Usage(counted.bytes(), counted.inodes()).plus(replaced.usage());
    }

    private void count(long stored) {
        bytes += (stored + BLOCK - 1) / BLOCK * BLOCK;
        inodes++;
    }

    private static CarafeException failure(TarEntry entry, SyscallException e) {
        var message = "entry " + EntryPath.printable(entry.name()) + ": " + e.getMessage();
        return switch (e.errno()) {
            case Errno.ENOSPC, Errno.EDQUOT -> new CarafeException.ResourceExhausted(message, e);
            case Errno.ENAMETOOLONG, Errno.EINVAL, Errno.ERANGE, Errno.EEXIST ->
                new CarafeException.InvalidArgument(message, e);
            default -> new CarafeException.Internal(message, e);
        };
    }
}
