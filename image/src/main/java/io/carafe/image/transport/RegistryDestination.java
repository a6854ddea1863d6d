package io.carafe.image.transport;

import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.registry.BlobUpload;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.Repository;
import io.carafe.oci.image.Descriptor;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.function.LongConsumer;

/** A name at a registry. */
final class RegistryDestination implements ImageDestination {

    private final Repository repository;
    private Stored top;

    RegistryDestination(Repository repository) {
        this.repository = repository;
    }

    @Override
    public Packing packing() {
        return Packing.PACKED;
    }

    @Override
    public ManifestForm form() {
        return ManifestForm.SAME;
    }

    @Override
    public boolean has(Descriptor blob, List<Reference> knownAs, Deadline deadline) {
        var upload = new BlobUpload(repository, deadline);
        return upload.has(blob) || knownAs.stream().anyMatch(from -> upload.mount(blob.digest(), from));
    }

    @Override
    public void put(Payload blob, LongConsumer sent, Deadline deadline) {
        new BlobUpload(repository, deadline).upload(blob.toString(), blob::open, blob::digest, sent);
    }

    @Override
    public void manifest(Stored stored, Deadline deadline) {
        if (stored.config() != null) {
            var config = stored.manifest().config();
            if (!has(config, List.of(), deadline)) {
                var payload =
                        new Payload(config.digest(), config.size(), () -> new ByteArrayInputStream(stored.config()));
                put(payload, _ -> {}, deadline);
            }
        }
        if (stored.top()) {
            top = stored;
        } else {
            push(stored, stored.document().digest().toString(), deadline);
        }
    }

    private void push(Stored stored, String name, Deadline deadline) {
        new ManifestEndpoint(repository).put(name, stored.document(), deadline);
    }

    @Override
    public void commit(Deadline deadline) {
        var reference = repository.reference();
        push(top, reference.tag() == null ? top.document().digest().toString() : reference.tag(), deadline);
    }

    @Override
    public String toString() {
        return "docker://" + repository.reference();
    }

    @Override
    public void close() {}
}
