package io.carafe.image.transport;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** The archive of {@code docker save}: configuration and layers without compression, and what belongs to which image. */
final class DockerArchiveDestination implements ImageDestination {

    static final String MANIFEST = "manifest.json";

    /** One image of it. */
    record Item(
            @JsonProperty("Config") String config,
            @JsonProperty("RepoTags") List<String> repoTags,
            @JsonProperty("Layers") List<String> layers) {}

    private final String name;
    private final FolderWriter folder;
    private final List<String> tags;
    private final boolean closesFolder;
    private Item item;

    DockerArchiveDestination(String name, FolderWriter folder, List<String> tags, boolean closesFolder) {
        this.name = name;
        this.folder = folder;
        this.tags = tags;
        this.closesFolder = closesFolder;
    }

    private static String layer(Digest diffId) {
        return diffId.hex() + ".tar";
    }

    @Override
    public Packing packing() {
        return Packing.PLAIN;
    }

    @Override
    public ManifestForm form() {
        return ManifestForm.SAME;
    }

    @Override
    public boolean has(Descriptor blob, List<Reference> knownAs, Deadline deadline) {
        try {
            return folder.has(layer(blob.digest()), blob.size());
        } catch (IOException e) {
            throw CarafeException.of(name, e);
        }
    }

    @Override
    public void put(Payload blob, LongConsumer sent, Deadline deadline) throws IOException {
        folder.put(blob, DockerArchiveDestination::layer, sent);
    }

    @Override
    public void manifest(Stored stored, Deadline deadline) throws IOException {
        if (stored.manifest() == null || stored.config() == null) {
            throw new CarafeException.InvalidArgument(
                    name + ": archives of docker save hold images for one platform each: leave --all out");
        }
        var config = stored.manifest().config().digest().hex() + ".json";
        folder.put(config, stored.config());
        item = new Item(
                config,
                tags,
                stored.diffIds().stream().map(DockerArchiveDestination::layer).toList());
    }

    @Override
    public void commit(Deadline deadline) throws IOException {
        var known = folder.document(MANIFEST);
        var items = new ArrayList<Item>();
        if (known != null) {
            items.addAll(List.of(Json.read(known, Item[].class, MANIFEST)));
        }
        items.add(item);
        folder.put(MANIFEST, Json.write(items));
        if (closesFolder) {
            folder.commit();
        }
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        if (closesFolder) {
            try {
                folder.close();
            } catch (IOException e) {
                throw CarafeException.of(name, e);
            }
        }
    }
}
