package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Index;
import io.carafe.oci.image.MediaTypes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/** An OCI image layout (image-spec 1.1, "Image Layout"), beside the images that it has already. */
final class LayoutDestination implements ImageDestination {

    static final String REF_NAME = "org.opencontainers.image.ref.name";

    /** How containerd and Docker write a full name beside a tag. */
    static final String FULL_NAME = "io.containerd.image.name";

    static final String INDEX = "index.json";
    static final String MARKER = "oci-layout";

    /** One index is read and written again at a time, so that two copies into one layout both stay. */
    private static final ReentrantLock INDEXES = new ReentrantLock();

    private final String name;
    private final FolderWriter folder;
    private final List<String> tags;
    private final boolean closesFolder;
    private Descriptor top;

    /**
     * @param tags what the image is to be called; empty for no name
     * @param closesFolder whether it is this image's alone
     */
    LayoutDestination(String name, FolderWriter folder, List<String> tags, boolean closesFolder) {
        this.name = name;
        this.folder = folder;
        this.tags = tags;
        this.closesFolder = closesFolder;
    }

    static String path(Digest digest) {
        return "blobs/" + digest.algorithm() + "/" + digest.hex();
    }

    @Override
    public Packing packing() {
        return Packing.PACKED;
    }

    @Override
    public ManifestForm form() {
        return ManifestForm.OCI;
    }

    @Override
    public boolean has(Descriptor blob, List<Reference> knownAs, Deadline deadline) {
        try {
            return folder.has(path(blob.digest()), blob.size());
        } catch (IOException e) {
            throw CarafeException.of(name, e);
        }
    }

    @Override
    public void put(Payload blob, LongConsumer sent, Deadline deadline) throws IOException {
        folder.put(blob, LayoutDestination::path, sent);
    }

    @Override
    public void manifest(Stored stored, Deadline deadline) throws IOException {
        var document = stored.document();
        if (stored.config() != null) {
            folder.put(path(stored.manifest().config().digest()), stored.config());
        }
        folder.put(path(document.digest()), document.content());
        if (stored.top()) {
            top = new Descriptor(document.mediaType(), document.digest(), document.content().length);
        }
    }

    @Override
    public void commit(Deadline deadline) throws IOException {
        INDEXES.lock();
        try {
            enter();
        } finally {
            INDEXES.unlock();
        }
        if (closesFolder) {
            folder.commit();
        }
    }

    private void enter() throws IOException {
        var known = folder.document(INDEX);
        var images = new ArrayList<Descriptor>();
        if (known != null) {
            var index = Json.read(known, Index.class, name + ": " + INDEX);
            index.manifests().stream().filter(image -> !isReplaced(image)).forEach(images::add);
        }
        if (tags.isEmpty()) {
            images.add(top);
        }
        tags.forEach(tag -> images.add(named(tag)));
        folder.put(MARKER, Json.write(Map.of("imageLayoutVersion", "1.0.0")));
        folder.put(INDEX, Json.write(new Index(MediaTypes.OCI_INDEX, images)));
    }

    /** A tag stands for one image; and an image without one is here once. */
    private boolean isReplaced(Descriptor image) {
        if (image == null || image.digest() == null) {
            return true;
        }
        var tag = image.annotations() == null ? null : image.annotations().get(REF_NAME);
        return tag == null ? image.digest().equals(top.digest()) : tags.contains(tag) || tags.contains(fullName(image));
    }

    private static String fullName(Descriptor image) {
        return image.annotations().getOrDefault(FULL_NAME, "");
    }

    private Descriptor named(String tag) {
        var annotations = new HashMap<String, String>();
        annotations.put(REF_NAME, tag);
        if (tag.contains("/")) {
            annotations.put(FULL_NAME, tag);
        }
        return new Descriptor(top.mediaType(), top.digest(), top.size(), null, annotations, null, null);
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
