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
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * The images of a node, in a directory of its own: documents in {@code blobs}, one record for each image in
 * {@code records}. The directory is the truth; what is looked up is answered from memory. A record that cannot be read is
 * moved to {@code quarantine} when the store is opened; it and those that are missing are made anew from documents and
 * {@link NameIndex}, and the rest goes on.
 *
 * <p>An image is whole from the moment its record is there: documents are written before, layers too, by the caller. One
 * whose configuration is damaged is {@linkplain #incomplete incomplete}: it is not listed and keeps its layers until it is
 * repaired, pulled again or {@linkplain #forgetIncomplete forgotten}.
 */
public final class ImageStore {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");

    /** @param image null without its configuration */
    private record Entry(ImageRecord record, Image image) {
        private boolean isWhole() {
            return image != null;
        }
    }

    /**
     * An image without its configuration.
     *
     * @param names by which it is called, with tags or digests
     * @param origins where its configuration may be had again: names with the digest of its manifest
     */
    public record Incomplete(
            Digest id, Digest manifest, List<String> names, List<String> origins, List<Digest> diffIds) {}

    private final Path root;
    private final Path records;
    private final BlobStore blobs;
    private final NameIndex names;

    /** Replaced at each change, so that readers need no lock. */
    private volatile Map<Digest, Entry> entries = Map.of();

    private ImageStore(Path root) {
        this.root = root;
        this.records = root.resolve("records");
        this.blobs = new BlobStore(root.resolve("blobs"));
        this.names = new NameIndex(root, blobs);
    }

    /** Of which nobody knows how large its layers are. */
    public static ImageStore open(Path root) {
        return open(root, _ -> 0);
    }

    /**
     * @param root made if it is not there
     * @param layerBytes what a layer takes, by its DiffID; zero if it is not here
     */
    public static ImageStore open(Path root, ToLongFunction<Digest> layerBytes) {
        var store = new ImageStore(root);
        try {
            Files.createDirectories(store.records);
            Files.createDirectories(root.resolve("blobs"));
            store.emptyTemporary();
            store.load(new LostRecords(store.blobs, layerBytes));
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
        return whole().toList();
    }

    public Optional<Image> find(Digest id) {
        return Optional.ofNullable(entries.get(id)).map(Entry::image);
    }

    /** @param name normalised, with tag or digest, as in {@link Image#repoTags} or {@link Image#repoDigests} */
    public Optional<Image> find(String name) {
        return whole().filter(image ->
                        image.repoTags().contains(name) || image.repoDigests().contains(name))
                .findFirst();
    }

    private Stream<Image> whole() {
        return entries.values().stream().filter(Entry::isWhole).map(Entry::image);
    }

    /** Images whose configuration is missing or damaged. */
    public List<Incomplete> incomplete() {
        return entries.values().stream()
                .filter(entry -> !entry.isWhole())
                .map(entry -> incomplete(entry.record()))
                .toList();
    }

    private static Incomplete incomplete(ImageRecord record) {
        return new Incomplete(
                record.id(),
                record.manifest(),
                Stream.concat(record.tags().stream(), record.digests().stream()).toList(),
                record.digests().stream()
                        .map(name -> Reference.parse(name)
                                .withDigest(record.manifest())
                                .toString())
                        .distinct()
                        .toList(),
                record.diffIds());
    }

    /** Gives up incomplete images, with their names. */
    public synchronized void forgetIncomplete(Predicate<Incomplete> which) {
        incomplete().stream().filter(which).forEach(image -> remove(image.id()));
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

    /**
     * Writes down an image whose layers are here; a tag leaves the image that had it before. If it cannot be written, the
     * store is as before.
     *
     * @throws CarafeException.ResourceExhausted if the disk is full
     */
    public synchronized Image add(NewImage image) {
        var fresh = new ArrayList<Digest>();
        try {
            for (var document : image.documents()) {
                if (blobs.put(document.digest(), document.content())) {
                    fresh.add(document.digest());
                }
            }
            var record = merged(image);
            var changed = new HashMap<>(entries);
            changed.put(record.id(), new Entry(record, record.image(image.config())));
            record.tags().forEach(tag -> takeTag(changed, tag, record.id()));
            change(changed, record.id());
        } catch (CarafeException e) {
            fresh.removeAll(documents(entries.values()));
            fresh.forEach(blobs::delete);
            throw e;
        }
        return entries.get(image.id()).image();
    }

    /**
     * Gives an image one more name; the image that had it before loses it.
     *
     * @throws CarafeException.NotFound if the image is not here
     */
    public synchronized Image tag(Digest id, Reference name) {
        var entry = entries.get(id);
        if (entry == null || !entry.isWhole()) {
            throw new CarafeException.NotFound("image " + id + " is not here");
        }
        var changed = new HashMap<>(entries);
        var record = entry.record().withTag(name.toString());
        changed.put(id, new Entry(record, record.image(entry.image().config())));
        takeTag(changed, name.toString(), id);
        change(changed, id);
        return entries.get(id).image();
    }

    /** Takes a tag from the image that has it, which stays; if none has it, nothing happens. */
    public synchronized void untag(String tag) {
        var changed = new HashMap<>(entries);
        takeTag(changed, tag, null);
        change(changed, null);
    }

    /** Writes documents of images that are here again where they are missing or damaged. */
    public synchronized void restore(List<ResolvedImage.Document> documents) {
        for (var document : documents) {
            blobs.put(document.digest(), document.content());
        }
        var changed = new HashMap<>(entries);
        changed.replaceAll((_, entry) -> entry.isWhole() ? entry : entry(entry.record()));
        entries = Map.copyOf(changed);
    }

    /** What is wrong with the record of an image on disk; null if nothing is. */
    public synchronized String recordProblem(Digest id) {
        var entry = entries.get(id);
        try {
            return entry == null || Json.read(path(id), ImageRecord.class).equals(entry.record())
                    ? null
                    : "its record is not what it was";
        } catch (IOException | CarafeException e) {
            return "its record cannot be read: " + e.getMessage();
        }
    }

    /** Writes the record of an image again. */
    public synchronized void restoreRecord(Digest id) {
        if (entries.containsKey(id)) {
            writeAll(List.of(entries.get(id).record()));
        }
    }

    private ImageRecord merged(NewImage image) {
        var documents = new LinkedHashSet<Digest>();
        var tags = new LinkedHashSet<String>();
        var digests = new LinkedHashSet<String>();
        long documentBytes = 0;
        var known = entries.get(image.id());
        if (known != null) {
            documents.addAll(known.record().documents());
            tags.addAll(known.record().tags());
            digests.addAll(known.record().digests());
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
                Instant.now());
    }

    private static void takeTag(Map<Digest, Entry> changed, String tag, Digest to) {
        changed.replaceAll((id, entry) -> {
            if (id.equals(to) || !entry.record().tags().contains(tag)) {
                return entry;
            }
            var record = entry.record().withoutTag(tag);
            return new Entry(
                    record, entry.isWhole() ? record.image(entry.image().config()) : null);
        });
    }

    /** @param first whose record makes the change true, the others follow; null if there is none */
    private void change(Map<Digest, Entry> changed, Digest first) {
        writeAll(changed.values().stream()
                .map(Entry::record)
                .filter(record -> !entries.containsKey(record.id())
                        || !record.equals(entries.get(record.id()).record()))
                .sorted(Comparator.comparing(record -> !record.id().equals(first)))
                .toList());
        entries = Map.copyOf(changed);
        names.follow(recordsNow());
    }

    /** All or none of them; if the machine stops meanwhile, the first ones, and {@link #settleTags} does the rest. */
    private void writeAll(List<ImageRecord> changed) {
        var staged = new ArrayList<DurableFile>();
        try {
            for (var record : changed) {
                staged.add(DurableFile.stage(path(record.id()), Json.write(record)));
            }
            staged.forEach(DurableFile::publish);
        } finally {
            staged.forEach(DurableFile::close);
        }
    }

    private List<ImageRecord> recordsNow() {
        return entries.values().stream().map(Entry::record).toList();
    }

    /** Forgets the image with all its names, and deletes the documents that no other image has; its layers stay. */
    public synchronized void remove(Digest id) {
        var changed = new HashMap<>(entries);
        var removed = changed.remove(id);
        if (removed == null) {
            return;
        }
        names.leave(changed.values().stream().map(Entry::record).toList());
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

    private void load(LostRecords lost) throws IOException {
        var loaded = new HashMap<Digest, Entry>();
        for (var path : files(records)) {
            if (path.toString().endsWith(DurableFile.TEMPORARY)) {
                Files.deleteIfExists(path);
                continue;
            }
            try {
                var record = record(path);
                loaded.put(record.id(), entry(record));
            } catch (CarafeException | IOException e) {
                quarantine(path, e);
            }
        }
        entries = Map.copyOf(loaded);
        var index = names.read();
        for (var record : lost.find(index.orElse(null), recordsNow())) {
            loaded.put(record.id(), entry(record));
        }
        settleTags(loaded);
        keepOrKnow(loaded);
        if (!index.equals(Optional.of(NameIndex.of(recordsNow())))) {
            names.follow(recordsNow());
        }
        blobs.sweep(documents(loaded.values()));
    }

    private ImageRecord record(Path path) throws IOException {
        var record = Json.read(path, ImageRecord.class);
        if (!record.isWhole() || !path.equals(path(record.id()))) {
            throw new IOException(path + ": it is not a whole image record");
        }
        return record;
    }

    private Entry entry(ImageRecord record) {
        var what = "configuration " + record.id();
        try {
            var config = blobs.get(record.id());
            if (config.isPresent()) {
                return new Entry(record, record.image(Json.read(config.get(), ImageConfig.class, what)));
            }
        } catch (CarafeException e) {
            LOG.log(System.Logger.Level.WARNING, "{0}: {1}", what, e.getMessage());
        }
        LOG.log(
                System.Logger.Level.WARNING,
                "image {0} {1} is incomplete, since its configuration is missing or damaged: pull it again",
                record.id(),
                record.tags());
        return new Entry(record, null);
    }

    private void quarantine(Path path, Exception cause) {
        LOG.log(System.Logger.Level.WARNING, "image record {0} is moved to quarantine: {1}", path, cause.getMessage());
        try {
            var directory = Files.createDirectories(root.resolve("quarantine"));
            Files.move(path, directory.resolve(path.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "it stays where it is: {0}", e.getMessage());
        }
    }

    /** A crash between the two records that a moved tag changes leaves it with both: the later one has it. */
    private static void settleTags(Map<Digest, Entry> loaded) {
        var owners = new HashMap<String, ImageRecord>();
        for (var entry : loaded.values()) {
            for (var tag : entry.record().tags()) {
                owners.merge(tag, entry.record(), (a, b) -> a.updated().isAfter(b.updated()) ? a : b);
            }
        }
        owners.forEach((tag, owner) -> takeTag(loaded, tag, owner.id()));
    }

    /** A disk that is full must not keep the store from being opened, which is the way to empty it. */
    private void keepOrKnow(Map<Digest, Entry> loaded) {
        try {
            writeAll(loaded.values().stream()
                    .map(Entry::record)
                    .filter(record -> !recordsNow().contains(record))
                    .toList());
        } catch (CarafeException.ResourceExhausted e) {
            LOG.log(System.Logger.Level.WARNING, "image records are mended in memory only: {0}", e.getMessage());
        }
        entries = Map.copyOf(loaded);
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var list = Files.list(directory)) {
            return list.sorted().toList();
        }
    }
}
