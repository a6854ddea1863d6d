package io.carafe.image.store;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Index;
import io.carafe.oci.image.MediaTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the images are called, once more beside their records: an OCI image index, {@code ROOT/index.json}, with a descriptor
 * of its manifest for each name of an image. Names are all that records hold and documents do not, so with it lost records
 * can be made anew ({@link LostRecords}).
 *
 * <p>The records are the truth. The index may lag behind an image that came, never behind one that went: then it would
 * bring it back.
 */
final class NameIndex {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");
    private static final String NAME = "org.opencontainers.image.ref.name";

    private final Path file;
    private final BlobStore blobs;

    NameIndex(Path root, BlobStore blobs) {
        this.file = root.resolve("index.json");
        this.blobs = blobs;
    }

    /** Each manifest with the names of its image, perhaps none; nothing if there is no index that can be read. */
    Optional<Map<Digest, Set<String>>> read() {
        try {
            var names = new LinkedHashMap<Digest, Set<String>>();
            for (var each : Json.read(file, Index.class).manifests()) {
                var known = names.computeIfAbsent(each.digest(), _ -> new LinkedHashSet<>());
                if (each.annotations() != null && each.annotations().containsKey(NAME)) {
                    known.add(each.annotations().get(NAME));
                }
            }
            names.remove(null);
            return Optional.of(names);
        } catch (IOException | CarafeException | NullPointerException e) {
            if (Files.exists(file)) {
                LOG.log(System.Logger.Level.WARNING, "{0} is written anew, since it is damaged: {1}", file, e);
            }
            return Optional.empty();
        }
    }

    /** What {@link #read} gives of an index of these. */
    static Map<Digest, Set<String>> of(Collection<ImageRecord> records) {
        var names = new LinkedHashMap<Digest, Set<String>>();
        records.forEach(record -> names.computeIfAbsent(record.manifest(), _ -> new LinkedHashSet<>())
                .addAll(names(record)));
        return names;
    }

    private static List<String> names(ImageRecord record) {
        return Stream.concat(record.tags().stream(), record.digests().stream()).toList();
    }

    /** After an image has come or a name has changed; a full disk is not the image's fault. */
    void follow(Collection<ImageRecord> records) {
        try {
            DurableFile.writeSoon(file, json(records));
        } catch (CarafeException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} does not have the latest names: {1}", file, e.getMessage());
        }
    }

    /** Before an image goes: what stays. Where the disk has no room for it, no index is better than a wrong one. */
    void leave(Collection<ImageRecord> records) {
        try {
            DurableFile.write(file, json(records));
        } catch (CarafeException.ResourceExhausted e) {
            LOG.log(System.Logger.Level.WARNING, "{0} goes until there is room for it: {1}", file, e.getMessage());
            DurableFile.delete(file);
        }
    }

    private byte[] json(Collection<ImageRecord> records) {
        var descriptors = new ArrayList<Descriptor>();
        for (var record :
                records.stream().sorted(Comparator.comparing(ImageRecord::id)).toList()) {
            var names = names(record);
            long size = blobs.size(record.manifest());
            names.forEach(name -> descriptors.add(descriptor(record.manifest(), size, Map.of(NAME, name))));
            if (names.isEmpty()) {
                descriptors.add(descriptor(record.manifest(), size, null));
            }
        }
        return Json.write(new Index(MediaTypes.OCI_INDEX, List.copyOf(descriptors)));
    }

    private static Descriptor descriptor(Digest manifest, long size, Map<String, String> annotations) {
        return new Descriptor(MediaTypes.OCI_MANIFEST, manifest, size, null, annotations, null, null);
    }
}
