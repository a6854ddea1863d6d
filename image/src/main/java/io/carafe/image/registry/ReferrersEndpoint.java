package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Index;
import io.carafe.oci.image.MediaTypes;
import io.carafe.oci.image.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What belongs to a manifest, such as signatures and bills of materials: {@code GET /v2/<name>/referrers/<digest>}. At a
 * registry without that call they are listed in an index under the tag {@code <algorithm>-<hex>} (OCI distribution-spec
 * 1.1, "Listing Referrers", "Referrers Tag Schema"), which clients keep up to date.
 */
public record ReferrersEndpoint(Repository repository) {

    private static final int MAX_REFERRERS = 10_000;

    /**
     * @param artifactType null for all
     * @return of none the list is empty
     */
    public List<Descriptor> list(Digest subject, String artifactType, Deadline deadline) {
        var action = "referrers of " + repository + "@" + subject;
        var index = new Backoff(action, repository.patience(), deadline).retry(() -> {
            var response = repository.get("referrers/" + subject, Map.of("Accept", MediaTypes.OCI_INDEX), deadline);
            if (response.status() == 404) {
                response.close();
                return null;
            }
            if (response.status() != 200) {
                throw Failures.of(action, response);
            }
            return Json.read(response.body().readAll(ManifestEndpoint.MAX_SIZE, action), Index.class, action);
        });
        var found = index == null ? tagged(subject, deadline) : index.manifests();
        if (found == null || found.size() > MAX_REFERRERS) {
            throw new CarafeException.InvalidArgument(action + ": the registry sent no list of sound length");
        }
        return found.stream()
                .filter(referrer -> referrer != null && referrer.digest() != null)
                .filter(referrer -> artifactType == null || artifactType.equals(referrer.artifactType()))
                .toList();
    }

    /** Adds a manifest to the tagged list. Two clients that do so at once may lose one of theirs: the scheme has no lock. */
    void enter(Digest subject, ManifestEndpoint.Fetched referrer, Deadline deadline) {
        var list = new ArrayList<>(tagged(subject, deadline));
        list.removeIf(known -> known == null || referrer.digest().equals(known.digest()));
        var document = Json.tree(referrer.content(), "manifest " + referrer.digest());
        var type = document.path("artifactType")
                .asString(document.path("config").path("mediaType").asString(null));
        var annotations = Json.read(referrer.content(), Annotated.class, "manifest " + referrer.digest());
        list.add(new Descriptor(
                referrer.mediaType(),
                referrer.digest(),
                referrer.content().length,
                null,
                annotations.annotations(),
                (Platform) null,
                type));
        var index = Json.write(new Index(MediaTypes.OCI_INDEX, list));
        new ManifestEndpoint(repository)
                .put(tag(subject), ManifestEndpoint.verified(tag(subject), index, null, "referrers"), deadline);
    }

    private record Annotated(Map<String, String> annotations) {}

    private List<Descriptor> tagged(Digest subject, Deadline deadline) {
        try {
            var fetched = new ManifestEndpoint(repository).fetch(tag(subject), deadline);
            var index = Json.read(fetched.content(), Index.class, "referrers of " + subject);
            return index.manifests() == null ? List.of() : index.manifests();
        } catch (CarafeException.NotFound e) {
            return List.of();
        }
    }

    private static String tag(Digest subject) {
        return subject.algorithm() + "-" + subject.hex().substring(0, 64);
    }
}
