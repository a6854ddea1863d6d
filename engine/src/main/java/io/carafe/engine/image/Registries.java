package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Endpoint;
import io.carafe.image.pull.PullSources;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.RateLimit;
import io.carafe.image.registry.ReferrersEndpoint;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.registry.Repository;
import io.carafe.image.registry.SearchEndpoint;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What people ask about registries. */
public final class Registries {

    private final RegistryClient client;
    private final Supplier<PullSources> sources;

    Registries(RegistryClient client, Supplier<PullSources> sources) {
        this.client = client;
        this.sources = sources;
    }

    /**
     * A name that a pull would try.
     *
     * @param policy what the node's policy says of it
     * @param accepted whether that lets it be pulled
     * @param problem why there are no places; empty if there are
     * @param places where it would look, in order
     */
    public record Candidate(Reference name, String policy, boolean accepted, String problem, List<Place> places) {}

    /**
     * A place where a pull would look.
     *
     * @param credentials where they come from, never what they are; empty for none
     * @param limit what the registry said last about how much may be pulled; empty if it did not
     */
    public record Place(Endpoint endpoint, String credentials, Optional<RateLimit> limit) {}

    /** What a pull of {@code name} would do; nothing is asked of any registry. */
    public List<Candidate> explain(String name, Deadline deadline) {
        var using = sources.get();
        return using.registries().candidates(name).stream()
                .map(candidate -> candidate(using, candidate, deadline))
                .toList();
    }

    private Candidate candidate(PullSources using, Reference name, Deadline deadline) {
        var rule = using.policy().rule(name);
        var policy = rule.needsSignatures()
                ? rule.place() + ": accepted with the signatures of " + rule.types()
                : using.policy().source() + ": accepted";
        boolean accepted = true;
        try {
            rule.refuseOutright(name.toString());
        } catch (CarafeException e) {
            policy = e.getMessage();
            accepted = false;
        }
        var places = new ArrayList<Place>();
        try {
            for (var endpoint : using.registries().endpoints(name)) {
                var found = using.credentials().find(endpoint.reference(), using.registries(), deadline);
                var limit = client.repository(endpoint, found.auth()).rateLimit();
                boolean none = found.auth() instanceof RegistryAuth.Anonymous;
                places.add(new Place(endpoint, none ? "" : found.source(), Optional.ofNullable(limit)));
            }
        } catch (CarafeException e) {
            return new Candidate(name, policy, accepted, e.getMessage(), List.copyOf(places));
        }
        return new Candidate(name, policy, accepted, "", List.copyOf(places));
    }

    /**
     * A repository that was found.
     *
     * @param registry where
     */
    public record Found(String registry, SearchEndpoint.Hit hit) {}

    /**
     * Repositories whose name holds a term.
     *
     * @param term with a registry in front, or for the search registries of {@code registries.conf}
     */
    public List<Found> search(String term, int limit, Deadline deadline) {
        var using = sources.get();
        int slash = term.indexOf('/');
        boolean named = slash > 0 && !Reference.isShortName(term.substring(0, slash) + "/x");
        var registries =
                named ? List.of(term.substring(0, slash)) : using.registries().search();
        if (registries.isEmpty()) {
            throw new CarafeException.FailedPrecondition("search for " + term
                    + ": registries.conf names no unqualified-search-registries; write REGISTRY/TERM");
        }
        var part = named ? term.substring(slash + 1) : term;
        var found = new ArrayList<Found>();
        for (var registry : registries) {
            var reference = Reference.inRegistry(registry, "x");
            var repository = repositories(using, reference, deadline).getLast();
            for (var hit : new SearchEndpoint(repository).search(part, limit, deadline)) {
                found.add(new Found(registry, hit));
            }
        }
        return found;
    }

    private List<Repository> repositories(PullSources using, Reference reference, Deadline deadline) {
        return using.registries().endpoints(reference).stream()
                .map(endpoint -> client.repository(
                        endpoint,
                        using.credentials()
                                .find(endpoint.reference(), using.registries(), deadline)
                                .auth()))
                .toList();
    }

    /**
     * What belongs to an image.
     *
     * @param subject the manifest or index that the name stands for
     */
    public record Referrers(Digest subject, List<Descriptor> manifests) {}

    /**
     * Signatures, bills of materials and the like that refer to an image at its registry.
     *
     * @param artifactType empty for all
     */
    public Referrers referrers(String name, String artifactType, Deadline deadline) {
        var using = sources.get();
        var reference = using.registries().candidates(name).getFirst();
        var repository = repositories(using, reference, deadline).getLast();
        var subject = reference.digest() != null
                ? reference.digest()
                : new ManifestEndpoint(repository)
                        .fetch(reference.manifestName(), deadline)
                        .digest();
        var type = artifactType.isEmpty() ? null : artifactType;
        return new Referrers(subject, new ReferrersEndpoint(repository).list(subject, type, deadline));
    }
}
