package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.Stat;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The unpacked layers of all images, each in {@code ROOT/layers/<algorithm>/<hex>/} with its files in {@code diff/} and
 * what is known about it in {@code layer.json}. With {@code tar-split.zst} the archive can be put together again from the
 * files byte by byte, for a push or to see whether they are still right. The directories are the truth; an index in memory
 * is made when the store is opened.
 *
 * <p>A layer appears by a rename, after all its files are on disk, so it is there as a whole or not at all. What a crash
 * left half done, and directories that are no layers, are taken away when the store is opened.
 */
public final class LayerStore {

    private static final Logger LOG = System.getLogger("io.carafe.storage");

    /** Tells those apart who read archives. */
    private static final AtomicLong ARCHIVES = new AtomicLong();

    private final Path root;
    private final Path temporary;
    private final Trash trash;
    private final RetiredLayers retired;
    private final boolean nodes;

    private final Map<Digest, Known> layers = new TreeMap<>();
    /** Layers that are just being unpacked or removed; completed when that is over. */
    private final Map<Digest, CompletableFuture<Void>> changing = new HashMap<>();

    /** Layers in use, by who uses them. */
    private final Map<String, List<Digest>> users = new HashMap<>();

    private LayerStore(Path root, Path temporary, Trash trash, RetiredLayers retired, boolean nodes) {
        this.root = root;
        this.temporary = temporary;
        this.trash = trash;
        this.retired = retired;
        this.nodes = nodes;
    }

    /** A layer and its lists, which can be long: they are read again if memory ran short. */
    private record Known(Layer layer, SoftReference<LayerFile> file) {
        private static Known of(LayerFile file, Path directory) {
            return new Known(file.in(directory), new SoftReference<>(file));
        }
    }

    /** The directory below which all layers are. */
    Path root() {
        return root;
    }

    static LayerStore open(Path root, Trash trash) throws IOException {
        var temporary = Files.createDirectories(root.resolve(".tmp"));
        for (var leftover : children(temporary)) {
            trash.move(leftover);
        }
        var retired = new RetiredLayers(root, trash);
        var store = new LayerStore(root, temporary, trash, retired, holdsOverlayNodes(temporary));
        for (var algorithm : children(root)) {
            if (!algorithm.getFileName().toString().startsWith(".")) {
                for (var directory : children(algorithm)) {
                    store.load(algorithm.getFileName() + ":" + directory.getFileName(), directory);
                }
            }
        }
        return store;
    }

    public synchronized Optional<Layer> find(Digest diffId) {
        return Optional.ofNullable(layers.get(diffId)).map(Known::layer);
    }

    /** All layers, in the order of their digests. */
    public synchronized List<Layer> list() {
        return layers.values().stream().map(Known::layer).toList();
    }

    /**
     * Unpacks a layer, or returns it if it is there already. When several threads bring the same layer at once, one of
     * them unpacks and the others wait for it without reading their stream.
     *
     * @param tar the uncompressed archive; read to its end by this thread, not closed
     * @throws IOException if {@code tar} cannot be read; whatever else goes wrong is a {@link CarafeException}:
     *     {@code InvalidArgument} for an archive that is broken, hostile, above the limits or not the one that
     *     {@code diffId} names, {@code ResourceExhausted} if the disk is full, {@code Cancelled} if the thread is
     *     interrupted. Nothing is left of the layer then
     */
    public Layer unpack(Digest diffId, InputStream tar, UnpackLimits limits) throws IOException {
        return bring(diffId, tar, limits, false);
    }

    /**
     * As {@link #unpack}, but in the place of what is there, because {@link #check} found it damaged. Snapshots that are
     * mounted go on with the old files, later mounts have the new.
     */
    public Layer replace(Digest diffId, InputStream tar, UnpackLimits limits) throws IOException {
        var layer = bring(diffId, tar, limits, true);
        retired.sweep(this::isUsed);
        return layer;
    }

    private Layer bring(Digest diffId, InputStream tar, UnpackLimits limits, boolean anew) throws IOException {
        var mine = new CompletableFuture<Void>();
        while (true) {
            CompletableFuture<Void> other;
            synchronized (this) {
                var there = layers.get(diffId);
                if (there != null && !anew) {
                    return there.layer();
                }
                other = changing.putIfAbsent(diffId, mine);
            }
            if (other == null) {
                break;
            }
            await(other, diffId);
        }
        try {
            return unpackNow(diffId, tar, limits);
        } finally {
            changed(diffId, mine);
        }
    }

    /**
     * The uncompressed archive that a layer was unpacked from, byte by byte. The layer cannot be removed until the stream is
     * closed.
     *
     * @return throws, while it is read, an IOException if a file is missing or shorter than it was; whether the bytes are
     *     right, the digest of the whole tells
     * @throws CarafeException.NotFound if the layer is not in the store
     */
    public InputStream archive(Digest diffId) {
        var user = "reader " + ARCHIVES.incrementAndGet() + " of its archive";
        Layer layer;
        synchronized (this) {
            layer = find(diffId)
                    .orElseThrow(() -> new CarafeException.NotFound("layer " + diffId + " is not in the store"));
            users.put(user, List.of(diffId));
        }
        try {
            return LayerArchive.open(layer.diff().getParent(), () -> forget(user));
        } catch (IOException e) {
            throw Failure.of("archive of layer " + diffId, e);
        }
    }

    /**
     * Compares the files of a layer with the archive that they came from: their data by its digest, their kind, owner, mode,
     * time and attributes one by one, what hides files of lower layers, and that there are no others.
     *
     * @return the first thing that is wrong; nothing if all is as it was
     * @throws CarafeException.NotFound if the layer is not in the store
     */
    public Optional<String> check(Digest diffId) {
        try (var archive = archive(diffId)) {
            var directory = directory(diffId);
            var file = LayerFile.read(directory, diffId);
            var checking = new ArchiveReading<>(
                    diffId, UnpackLimits.DEFAULT, pipe -> LayerCheck.firstDifference(pipe, directory, file));
            return checking.run(archive);
        } catch (IOException | CarafeException.InvalidArgument | CarafeException.Internal e) {
            return Optional.of(e.getMessage());
        }
    }

    /**
     * Deletes a layer; one that is not there is gone already.
     *
     * @throws CarafeException.FailedPrecondition while a snapshot uses it
     */
    public void remove(Digest diffId) {
        var mine = new CompletableFuture<Void>();
        synchronized (this) {
            for (var user : users.entrySet()) {
                if (user.getValue().contains(diffId)) {
                    throw new CarafeException.FailedPrecondition(
                            "remove layer " + diffId + ": " + user.getKey() + " uses it");
                }
            }
            if (layers.remove(diffId) == null) {
                return;
            }
            changing.put(diffId, mine); // whoever unpacks it anew waits until the old one is out of the way
        }
        try {
            trash.delete(directory(diffId));
        } catch (IOException e) {
            throw Failure.of("remove layer " + diffId, e);
        } finally {
            changed(diffId, mine);
        }
    }

    /** What all layers take together. */
    synchronized Usage usage() {
        return layers.values().stream().map(known -> known.layer().usage()).reduce(Usage.NONE, Usage::plus);
    }

    /** Whether layers hold their whiteouts as overlayfs wants them. */
    boolean holdsOverlayNodes() {
        return nodes;
    }

    /**
     * The layers of a snapshot, from the bottom to the top, which cannot be removed until {@link #release}.
     *
     * @throws CarafeException.NotFound if one is missing
     */
    List<LayerContents> retain(String snapshot, List<Digest> diffIds) throws IOException {
        var stack = new ArrayList<Known>(diffIds.size());
        synchronized (this) {
            for (var diffId : diffIds) {
                var known = layers.get(diffId);
                if (known == null) {
                    throw new CarafeException.NotFound(
                            "snapshot " + snapshot + ": layer " + diffId + " is not in the store");
                }
                stack.add(known);
            }
            users.put("snapshot " + snapshot, List.copyOf(diffIds));
        }
        return contents(stack);
    }

    private static List<LayerContents> contents(List<Known> stack) throws IOException {
        var contents = new ArrayList<LayerContents>(stack.size());
        for (var known : stack) {
            contents.add(contents(known));
        }
        return contents;
    }

    /** The layers of a snapshot that has {@link #retain retained} them, from the top to the bottom. */
    List<LayerPart> parts(List<Digest> diffIds) throws IOException {
        var stack = new ArrayList<Known>();
        synchronized (this) {
            for (var diffId : new LinkedHashSet<>(diffIds.reversed())) {
                var known = layers.get(diffId);
                if (known == null) {
                    throw new CarafeException.NotFound("layer " + diffId + " is not in the store");
                }
                stack.add(known);
            }
        }
        return contents(stack).stream().map(LayerPart::new).toList();
    }

    /**
     * What the topmost of these layers, from the bottom to the top, changes of the others. The caller sees to it that they
     * stay.
     */
    public List<Change> changes(List<Digest> diffIds) {
        if (diffIds.isEmpty()) {
            return List.of();
        }
        var top = diffIds.getLast();
        try {
            var below = diffIds.subList(0, diffIds.size() - 1).stream()
                    .filter(diffId -> !diffId.equals(top))
                    .toList();
            return TreeChanges.ofLayer(parts(List.of(top)).getFirst(), parts(below));
        } catch (IOException e) {
            throw Failure.of("changes of layer " + top, e);
        }
    }

    private static LayerContents contents(Known known) throws IOException {
        var file = known.file().get();
        var diff = known.layer().diff();
        return new LayerContents(
                diff,
                file != null
                        ? file
                        : LayerFile.read(diff.getParent(), known.layer().diffId()));
    }

    /** Marks layers as used whether they are there or not, for a snapshot that was found on disk. */
    synchronized void retainFound(String snapshot, List<Digest> diffIds) {
        users.put("snapshot " + snapshot, List.copyOf(diffIds));
    }

    void release(String snapshot) {
        forget("snapshot " + snapshot);
    }

    private void forget(String user) {
        synchronized (this) {
            users.remove(user);
        }
        retired.sweep(this::isUsed);
    }

    /** Deletes replaced layers that no snapshot uses; to be called once those of the last daemon are known. */
    void sweepRetired() {
        retired.sweep(this::isUsed);
    }

    private synchronized boolean isUsed(Digest diffId) {
        return users.values().stream().anyMatch(layers -> layers.contains(diffId));
    }

    private Layer unpackNow(Digest diffId, InputStream tar, UnpackLimits limits) throws IOException {
        var staged = temporary.resolve(diffId.hex());
        try {
            trash.delete(staged);
            Files.createDirectories(staged.resolve(LayerFile.DIFF));
        } catch (IOException e) {
            throw Failure.of("unpack layer " + diffId, e);
        }
        try {
            var unpacking = new ArchiveReading<>(
                    diffId, limits, archive -> LayerUnpacker.unpack(archive, staged, nodes, limits));
            return publish(diffId, staged, LayerFile.of(diffId, nodes, unpacking.run(tar)));
        } catch (Throwable e) {
            discard(staged);
            throw e;
        }
    }

    /** Files to disk first, then the name that makes them a layer, then the name to disk. */
    private Layer publish(Digest diffId, Path staged, LayerFile file) {
        var target = directory(diffId);
        try {
            Files.write(staged.resolve(LayerFile.NAME), file.toJson());
            try (var directory = OpenFile.openDirectory(staged)) {
                directory.syncFileSystem();
            }
            Files.createDirectories(target.getParent());
            if (find(diffId).isPresent() && Files.exists(target)) {
                retired.exchange(diffId, staged, target);
            } else {
                rename(diffId, target);
            }
        } catch (IOException e) {
            throw Failure.of("publish layer " + diffId, e);
        }
        var known = Known.of(file, target);
        synchronized (this) {
            layers.put(diffId, known);
        }
        return known.layer();
    }

    private void rename(Digest diffId, Path target) throws IOException {
        trash.delete(target);
        try (var from = OpenFile.openDirectory(temporary);
                var to = OpenFile.openDirectory(target.getParent())) {
            At.renameNew(from, diffId.hex(), to, diffId.hex());
            to.sync();
        }
    }

    private void changed(Digest diffId, CompletableFuture<Void> change) {
        synchronized (this) {
            changing.remove(diffId);
        }
        change.complete(null);
    }

    private void discard(Path staged) {
        try {
            trash.delete(staged);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "delete {0}: {1}; the next start tries again", staged, e.getMessage());
        }
    }

    private void load(String name, Path directory) throws IOException {
        Digest diffId;
        try {
            diffId = Digest.parse(name);
        } catch (CarafeException.InvalidArgument e) {
            LOG.log(Level.WARNING, "{0} is no layer and is removed: {1}", directory, e.getMessage());
            trash.move(directory);
            return;
        }
        try {
            var file = LayerFile.read(directory, diffId);
            if (nodes && !file.nodes()) {
                throw new CarafeException.InvalidArgument("its whiteouts are not those of overlayfs");
            }
            layers.put(diffId, Known.of(file, directory));
        } catch (IOException | CarafeException e) {
            LOG.log(Level.WARNING, "{0} is no usable layer and is set aside: {1}", directory, e.getMessage());
            retired.keep(diffId, directory); // snapshots may be mounted on it
        }
    }

    private Path directory(Digest diffId) {
        return root.resolve(diffId.algorithm()).resolve(diffId.hex());
    }

    private static void await(CompletableFuture<Void> other, Digest diffId) {
        try {
            other.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled(
                    "unpack layer " + diffId + ": interrupted while another thread unpacks or removes it");
        } catch (ExecutionException e) {
            throw new IllegalStateException("completes with a value only", e);
        }
    }

    /** Tries it: an overlay file system as the ground, for one, refuses both. */
    private static boolean holdsOverlayNodes(Path directory) throws IOException {
        var name = "probe";
        try (var fd = OpenFile.openDirectory(directory)) {
            try {
                At.mknod(fd, name, Stat.CHARACTER_DEVICE, 0);
                fd.setAttribute("trusted.overlay.opaque", "y".getBytes(StandardCharsets.US_ASCII));
                return true;
            } catch (IOException refused) {
                return false;
            } finally {
                Files.deleteIfExists(directory.resolve(name));
            }
        }
    }

    private static Collection<Path> children(Path directory) throws IOException {
        try (var children = Files.list(directory)) {
            return children.sorted().toList();
        }
    }
}
