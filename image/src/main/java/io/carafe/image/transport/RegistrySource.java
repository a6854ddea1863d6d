package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.registry.BlobStream;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.registry.Repository;
import io.carafe.image.signature.PolicyGate;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.MediaTypes;
import java.util.ArrayList;
import java.util.List;

/** An image at a registry, or at one of its mirrors. */
final class RegistrySource implements ImageSource {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");

    private final Reference reference;
    private final PolicyGate gate;
    private List<Repository> repositories;

    /**
     * @param gate what each manifest must pass
     * @param repositories where to look, in order; at least one
     */
    RegistrySource(Reference reference, PolicyGate gate, List<Repository> repositories) {
        this.reference = reference;
        this.gate = gate;
        this.repositories = repositories;
    }

    @Override
    public Fetched top(Deadline deadline) {
        return fetch(reference.manifestName(), deadline);
    }

    @Override
    public Fetched manifest(Descriptor descriptor, Deadline deadline) {
        return fetch(descriptor.digest().toString(), deadline);
    }

    /** From the first place that has it; blobs are then fetched there and from those behind it. */
    private Fetched fetch(String name, Deadline deadline) {
        var problems = new ArrayList<String>();
        var places = repositories;
        for (int i = 0; ; i++) {
            try {
                var fetched = new ManifestEndpoint(places.get(i)).fetch(name, deadline);
                if (MediaTypes.isManifest(fetched.mediaType())) {
                    gate.check(places.get(i), fetched.digest(), deadline);
                }
                repositories = places.subList(i, places.size());
                return fetched;
            } catch (CarafeException.DeadlineExceeded | CarafeException.Cancelled e) {
                throw e;
            } catch (CarafeException e) {
                if (i == places.size() - 1) {
                    throw problems.isEmpty() ? e : e.in("after " + String.join("; ", problems));
                }
                problems.add(e.getMessage());
                LOG.log(System.Logger.Level.INFO, "{0}; the next place is tried", e.getMessage());
            }
        }
    }

    @Override
    public Content blob(Descriptor blob, Digest diffId, Deadline deadline) {
        return new Content(
                new BlobStream(
                        repositories,
                        blob,
                        deadline,
                        reason -> LOG.log(System.Logger.Level.INFO, "blob {0}: {1}", blob.digest(), reason)),
                true);
    }

    @Override
    public List<Reference> knownAs() {
        return repositories.stream().map(Repository::reference).toList();
    }

    @Override
    public String toString() {
        return "docker://" + reference;
    }

    @Override
    public void close() {}
}
