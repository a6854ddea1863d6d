package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;

/** What {@link DirDestination} and skopeo write. */
record DirSource(Folder folder) implements ImageSource {

    @Override
    public Fetched top(Deadline deadline) {
        return read(DirDestination.MANIFEST, "");
    }

    @Override
    public Fetched manifest(Descriptor descriptor, Deadline deadline) {
        return read(
                DirDestination.manifestPath(descriptor.digest()),
                descriptor.digest().toString());
    }

    private Fetched read(String file, String digest) {
        try {
            return ManifestEndpoint.verified(digest, folder.document(file), null, folder + "/" + file);
        } catch (IOException e) {
            throw CarafeException.of(folder + "/" + file, e);
        }
    }

    @Override
    public Content blob(Descriptor blob, Digest diffId, Deadline deadline) throws IOException {
        return new Content(folder.open(DirDestination.path(blob.digest())), true);
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    @Override
    public void close() {
        try {
            folder.close();
        } catch (IOException e) {
            throw CarafeException.of(folder.toString(), e);
        }
    }
}
