package io.carafe.image.store;

import io.carafe.base.CarafeException;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.pull.ResolvedImage;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.ImageConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The images of a node, in a directory of its own: documents in {@code blobs}, one record for each image in
 * {@code records}. The directory is the truth; what is looked up is answered from memory. A record that cannot be read is
 * moved to {@code quarantine} when the store is opened, and the rest goes on.
 *
 * <p>An image is whole from the moment its record is there: documents are written before, layers too, by the caller.
 */
public final class ImageStore {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");

    private record Entry(ImageRecord record, Image image) {}

    private final Path root;
    private final Path records;
    private final BlobStore blobs;

    /** Replaced at each change, so that readers need no lock. */
    private volatile Map<Digest, Entry> entries = Map.of();

    private ImageStore(Path root) {
        this.root = root;
        this.records = root.resolve("records");
        this.blobs = new BlobStore(root.resolve("blobs"));
    }

    /** @param root made if it is not there */
    public static ImageStore open(Path root) {
        var store = new ImageStore(root);
        try {
            Files.createDirectories(store.records);
            Files.createDirectories(root.resolve("blobs"));
            store.emptyTemporary();
            store.load();
        } catch (IOException e) {
            throw DurableFile.failure("open the image store " + root, e);
        }
        return store;
    }

    private void emptyTemporary() throws IOException {
        for (var leftover : files(Files.createDirectories(temporary()))) {
            Files.deleteIfExists(leftover);
        }
    }

    public Path root() {
        return root;
    }

    /** A directory for what is on its way; what a crash leaves in it goes when the store is opened. */
    public Path temporary() {
        return root.resolve("tmp");
    }

    public BlobStore blobs() {
        return blobs;
    }

    /** In no order. */
    public List<Image> list() {
        return entries.values().stream().map(Entry::image).toList();
    }

    public Optional<Image> find(Digest id) {
        return Optional.ofNullable(entries.get(id)).map(Entry::image);
    }

    /** @param name normalised, with tag or digest, as in {@link Image#repoTags} or {@link Image#repoDigests} */
    public Optional<Image> find(String name) {
        return entries.values().stream()
                .map(Entry::image)
                .filter(image ->
                        image.repoTags().contains(name) || image.repoDigests().contains(name))
                .findFirst();
    }

    /**
     * Writes down a pulled image whose layers are here, under the name it was pulled by: a tag leaves the image that had
     * it before.
     *
     * @param size bytes that its layers take
     */
    public Image add(ResolvedImage pulled, long size) {
        var reference = pulled.reference();
        return add(new NewImage(
                pulled.id(),
                pulled.manifestDigest(),
                pulled.config(),
                pulled.diffIds(),
                pulled.documents(),
                reference.digest() == null ? List.of(reference) : List.of(),
                List.of(reference.withDigest(pulled.digest())),
                size));
    }

    /** Writes down an image whose layers are here; a tag leaves the image that had it before. */
    public synchronized Image add(NewImage image) {
        restore(image.documents());
        var record = merged(image);
        var changed = new HashMap<>(entries);
        put(changed, record, image.config());
        for (var tag : record.tags()) {
            takeTag(changed, tag, record.id());
        }
        entries = Map.copyOf(changed);
        return entries.get(record.id()).image();
    }

    /**
     * Gives an image one more name; the image that had it before loses it.
     *
     * @throws CarafeException.NotFound if the image is not here
     */
    public synchronized Image tag(Digest id, Reference name) {
        var entry = entries.get(id);
        if (entry == null) {
            throw new CarafeException.NotFound("image " + id + " is not here");
        }
        var changed = new HashMap<>(entries);
        put(changed, entry.record().withTag(name.toString()), entry.image().config());
        takeTag(changed, name.toString(), id);
        entries = Map.copyOf(changed);
        return entries.get(id).image();
    }

    /** Takes a tag from the image that has it, which stays; if none has it, nothing happens. */
    public synchronized void untag(String tag) {
        var changed = new HashMap<>(entries);
        takeTag(changed, tag, null);
        entries = Map.copyOf(changed);
    }

    /** Writes documents of images that are here again where they are missing or damaged. */
    public void restore(List<ResolvedImage.Document> documents) {
        for (var document : documents) {
            blobs.put(document.digest(), document.content());
        }
    }

    private ImageRecord merged(NewImage image) {
        var documents = new LinkedHashSet<Digest>();
        var tags = new LinkedHashSet<String>();
        var digests = new LinkedHashSet<String>();
        boolean pinned = false;
        long documentBytes = 0;
        var known = entries.get(image.id());
        if (known != null) {
            documents.addAll(known.record().documents());
            tags.addAll(known.record().tags());
            digests.addAll(known.record().digests());
            pinned = known.record().pinned();
        }
        for (var document : image.documents()) {
            documents.add(document.digest());
            documentBytes += document.content().length;
        }
        image.tags().forEach(tag -> tags.add(tag.toString()));
        image.digests().forEach(digest -> digests.add(digest.toString()));
        return new ImageRecord(
                image.id(),
                image.manifest(),
                List.copyOf(documents),
                List.copyOf(tags),
                List.copyOf(digests),
                image.diffIds(),
                image.size() + documentBytes,
                Instant.now(),
                pinned);
    }

    private void takeTag(Map<Digest, Entry> changed, String tag, Digest from) {
        for (var other : List.copyOf(changed.values())) {
            if (!other.record().id().equals(from) && other.record().tags().contains(tag)) {
                put(changed, other.record().withoutTag(tag), other.image().config());
            }
        }
    }

    private void put(Map<Digest, Entry> changed, ImageRecord record, ImageConfig config) {
        DurableFile.write(path(record.id()), Json.write(record));
        changed.put(record.id(), new Entry(record, record.image(config)));
    }

    /** Forgets the image with all its names, and deletes the documents that no other image has; its layers stay. */
    public synchronized void remove(Digest id) {
        var changed = new HashMap<>(entries);
        var removed = changed.remove(id);
        if (removed == null) {
            return;
        }
        DurableFile.delete(path(id));
        entries = Map.copyOf(changed);
        var needed = documents(changed.values());
        for (var document : removed.record().documents()) {
            if (!needed.contains(document)) {
                blobs.delete(document);
            }
        }
    }

    private static Set<Digest> documents(Collection<Entry> of) {
        var documents = new HashSet<Digest>();
        of.forEach(entry -> documents.addAll(entry.record().documents()));
        return documents;
    }

    private Path path(Digest id) {
        return records.resolve(id.algorithm() + "-" + id.hex() + ".json");
    }

    private void load() throws IOException {
        var loaded = new HashMap<Digest, Entry>();
        for (var path : files(records)) {
            if (path.toString().endsWith(DurableFile.TEMPORARY)) {
                Files.deleteIfExists(path);
                continue;
            }
            try {
                var entry = entry(path);
                loaded.put(entry.record().id(), entry);
            } catch (CarafeException | IOException e) {
                quarantine(path, e);
            }
        }
        settleTags(loaded);
        entries = Map.copyOf(loaded);
        sweepBlobs(documents(loaded.values()));
    }

    private Entry entry(Path path) throws IOException {
        var record = Json.read(path, ImageRecord.class);
        if (!record.isWhole() || !path.equals(path(record.id()))) {
            throw new IOException(path + ": it is not a whole image record");
        }
        var config = blobs.get(record.id())
                .orElseThrow(() -> new IOException("the configuration " + record.id() + " is missing or damaged"));
        return new Entry(record, record.image(Json.read(config, ImageConfig.class, "configuration " + record.id())));
    }

    private void quarantine(Path path, Exception cause) throws IOException {
        LOG.log(
                System.Logger.Level.WARNING,
                "image record {0} is moved to quarantine, pull the image again: {1}",
                path,
                cause.getMessage());
        var directory = Files.createDirectories(root.resolve("quarantine"));
        Files.move(path, directory.resolve(path.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }

    /** A crash between the two records that a moved tag changes leaves it with both: the later one has it. */
    private void settleTags(Map<Digest, Entry> loaded) {
        var owners = new HashMap<String, ImageRecord>();
        for (var entry : loaded.values()) {
            for (var tag : entry.record().tags()) {
                owners.merge(tag, entry.record(), (a, b) -> a.updated().isAfter(b.updated()) ? a : b);
            }
        }
        owners.forEach((tag, owner) -> takeTag(loaded, tag, owner.id()));
    }

    private void sweepBlobs(Set<Digest> needed) throws IOException {
        for (var algorithm : files(root.resolve("blobs"))) {
            for (var path : files(algorithm)) {
                var hex = path.getFileName().toString();
                if (needed.stream().noneMatch(digest -> digest.hex().equals(hex))) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var list = Files.list(directory)) {
            return list.sorted().toList();
        }
    }
}
