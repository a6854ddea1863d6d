package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.image.Registries;
import io.carafe.proto.carafe.v1.ExplainRegistryRequest;
import io.carafe.proto.carafe.v1.ExplainRegistryResponse;
import io.carafe.proto.carafe.v1.ExplainedName;
import io.carafe.proto.carafe.v1.ExplainedPlace;
import io.carafe.proto.carafe.v1.ListReferrersRequest;
import io.carafe.proto.carafe.v1.ListReferrersResponse;
import io.carafe.proto.carafe.v1.Referrer;
import io.carafe.proto.carafe.v1.SearchHit;
import io.carafe.proto.carafe.v1.SearchImagesRequest;
import io.carafe.proto.carafe.v1.SearchImagesResponse;
import java.util.Objects;

/** Answers about registries as messages. */
final class RegistryMessages {

    private static final int USUAL_LIMIT = 25;
    private static final int LARGEST_LIMIT = 100;

    private RegistryMessages() {}

    static ExplainRegistryResponse explain(Registries registries, ExplainRegistryRequest request, Deadline deadline) {
        var response = ExplainRegistryResponse.newBuilder();
        for (var candidate : registries.explain(request.getReference(), deadline)) {
            var name = ExplainedName.newBuilder()
                    .setName(candidate.name().toString())
                    .setPolicy(candidate.policy())
                    .setAccepted(candidate.accepted())
                    .setProblem(candidate.problem());
            for (var place : candidate.places()) {
                name.addPlaces(ExplainedPlace.newBuilder()
                        .setName(place.endpoint().reference().toString())
                        .setReason(place.endpoint().reason())
                        .setMirror(place.endpoint().mirror())
                        .setInsecure(place.endpoint().insecure())
                        .setCredentials(place.credentials())
                        .setRateLimit(place.limit().map(Object::toString).orElse("")));
            }
            response.addNames(name);
        }
        return response.build();
    }

    static SearchImagesResponse search(Registries registries, SearchImagesRequest request, Deadline deadline) {
        if (request.getTerm().isBlank() || request.getLimit() < 0 || request.getLimit() > LARGEST_LIMIT) {
            throw new CarafeException.InvalidArgument(
                    "search: expected a term, and a limit of at most " + LARGEST_LIMIT);
        }
        var response = SearchImagesResponse.newBuilder();
        int limit = request.getLimit() == 0 ? USUAL_LIMIT : request.getLimit();
        for (var found : registries.search(request.getTerm(), limit, deadline)) {
            response.addHits(SearchHit.newBuilder()
                    .setRegistry(found.registry())
                    .setName(found.hit().name())
                    .setDescription(found.hit().description())
                    .setStars(found.hit().stars())
                    .setOfficial(found.hit().official()));
        }
        return response.build();
    }

    static ListReferrersResponse referrers(Registries registries, ListReferrersRequest request, Deadline deadline) {
        var found = registries.referrers(request.getReference(), request.getArtifactType(), deadline);
        var response =
                ListReferrersResponse.newBuilder().setSubject(found.subject().toString());
        for (var manifest : found.manifests()) {
            response.addReferrers(Referrer.newBuilder()
                    .setDigest(manifest.digest().toString())
                    .setMediaType(Objects.requireNonNullElse(manifest.mediaType(), ""))
                    .setArtifactType(Objects.requireNonNullElse(manifest.artifactType(), ""))
                    .setSize(manifest.size()));
        }
        return response.build();
    }
}
