package io.carafe.image.store;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.Manifest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/** Records made anew from what else is in the store: manifests, configurations and the index of names. */
final class LostRecords {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");

    private final BlobStore blobs;
    private final ToLongFunction<Digest> layerBytes;

    LostRecords(BlobStore blobs, ToLongFunction<Digest> layerBytes) {
        this.blobs = blobs;
        this.layerBytes = layerBytes;
    }

    /**
     * Images that are here, but have no record.
     *
     * @param index what images there are, with their names; null if that is lost too: then each manifest that is here is an
     *     image without a name
     * @param known records that are here
     */
    List<ImageRecord> find(Map<Digest, Set<String>> index, List<ImageRecord> known) throws IOException {
        var ids = new LinkedHashSet<Digest>();
        known.forEach(record -> ids.add(record.id()));
        var found = new ArrayList<ImageRecord>();
        for (var each : (index == null ? manifests() : index).entrySet()) {
            var record = record(each.getKey(), each.getValue());
            if (record != null && ids.add(record.id())) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the record of image {0} {1} was lost and is made anew from its manifest",
                        record.id(),
                        each.getValue());
                found.add(record);
            }
        }
        return found;
    }

    private Map<Digest, Set<String>> manifests() throws IOException {
        var all = new LinkedHashMap<Digest, Set<String>>();
        blobs.list().forEach(digest -> all.put(digest, Set.of()));
        return all;
    }

    /** Null if it is not the manifest of an image whose configuration is here. */
    private ImageRecord record(Digest digest, Set<String> names) {
        try {
            var content = blobs.get(digest).orElse(null);
            var manifest = content == null ? null : Json.read(content, Manifest.class, "manifest " + digest);
            if (manifest == null || manifest.config() == null || manifest.layers() == null) {
                return null;
            }
            var id = manifest.config().digest();
            var json = blobs.get(id).orElse(null);
            var config = json == null ? null : Json.read(json, ImageConfig.class, "configuration " + id);
            if (config == null
                    || config.rootfs() == null
                    || config.rootfs().diffIds() == null
                    || config.rootfs().diffIds().size() != manifest.layers().size()) {
                return null;
            }
            return record(id, digest, config.rootfs().diffIds(), names);
        } catch (CarafeException.InvalidArgument e) {
            return null; // another document
        }
    }

    private ImageRecord record(Digest id, Digest manifest, List<Digest> diffIds, Set<String> names) {
        var documents = new LinkedHashSet<>(List.of(manifest, id));
        var tags = new ArrayList<String>();
        var digests = new ArrayList<String>();
        for (var name : names) {
            var reference = Reference.parse(name);
            (reference.digest() == null ? tags : digests).add(name);
            if (reference.digest() != null && blobs.size(reference.digest()) > 0) {
                documents.add(reference.digest()); // the index that it was pulled by
            }
        }
        long size = documents.stream().mapToLong(blobs::size).sum()
                + diffIds.stream().distinct().mapToLong(layerBytes).sum();
        return new ImageRecord(
                id,
                manifest,
                List.copyOf(documents),
                List.copyOf(tags),
                List.copyOf(digests),
                List.copyOf(diffIds),
                size,
                Instant.now());
    }
}
