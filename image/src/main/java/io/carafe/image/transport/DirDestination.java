package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongConsumer;

/** The layout of containers/image's {@code dir:}: one image, each blob a file named by its hash. */
final class DirDestination implements ImageDestination {

    static final String MANIFEST = "manifest.json";
    private static final byte[] VERSION = "Directory Transport Version: 1.1\n".getBytes(StandardCharsets.US_ASCII);

    private final String name;
    private final FolderWriter folder;
    private final ManifestForm form;
    private byte[] top;

    DirDestination(String name, FolderWriter folder, ManifestForm form) {
        this.name = name;
        this.folder = folder;
        this.form = form;
    }

    /** Of a digest of SHA-256 the hash alone, of any other with the algorithm in front. */
    static String path(Digest digest) {
        return (digest.algorithm().equals("sha256") ? "" : digest.algorithm() + "-") + digest.hex();
    }

    static String manifestPath(Digest digest) {
        return path(digest) + ".manifest.json";
    }

    @Override
    public Packing packing() {
        return form == ManifestForm.SAME ? Packing.ANY : Packing.PACKED;
    }

    @Override
    public ManifestForm form() {
        return form;
    }

    @Override
    public boolean has(Descriptor blob, List<Reference> knownAs, Deadline deadline) {
        return false; // what is there may be of another image that is just being replaced
    }

    @Override
    public void put(Payload blob, LongConsumer sent, Deadline deadline) throws IOException {
        folder.put(blob, DirDestination::path, sent);
    }

    @Override
    public void manifest(Stored stored, Deadline deadline) throws IOException {
        if (stored.config() != null) {
            folder.put(path(stored.manifest().config().digest()), stored.config());
        }
        if (stored.top()) {
            top = stored.document().content();
        } else {
            folder.put(
                    manifestPath(stored.document().digest()), stored.document().content());
        }
    }

    @Override
    public void commit(Deadline deadline) throws IOException {
        folder.put("version", VERSION);
        folder.put(MANIFEST, top);
        folder.commit();
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        try {
            folder.close();
        } catch (IOException e) {
            throw CarafeException.of(name, e);
        }
    }
}
