package io.carafe.image.registry;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.oci.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Finds repositories by a part of their name: by Docker's search ({@code GET /v1/search}), which Docker Hub and a few others
 * have, or in the list of all ({@code GET /v2/_catalog}), where a registry gives that away. The distribution-spec knows no
 * search.
 */
public record SearchEndpoint(Repository repository) {

    private static final int MAX_ANSWER = 4 << 20;
    private static final int CATALOG = 1000;

    /**
     * A repository.
     *
     * @param name without the registry
     * @param description empty if the registry has none
     * @param official whether the registry vouches for it
     */
    public record Hit(String name, String description, int stars, boolean official) {}

    private record Results(List<Result> results) {}

    private record Result(
            String name,
            String description,
            @JsonProperty("star_count") Integer stars,
            @JsonProperty("is_official") Boolean official) {}

    private record Catalog(List<String> repositories) {}

    /**
     * The repositories whose name holds {@code term}, or as many of them as the registry tells.
     *
     * @throws CarafeException.Unimplemented if the registry neither searches nor lists
     */
    public List<Hit> search(String term, int limit, Deadline deadline) {
        var registry = repository.reference().domain();
        var action = "search in registry " + registry;
        return new Backoff(action, repository.patience(), deadline).retry(() -> {
            var query = "/v1/search?q=" + URLEncoder.encode(term, StandardCharsets.UTF_8) + "&n=" + limit;
            boolean hub = registry.equals(Reference.DOCKER_HUB);
            var found = get(hub ? "https://index.docker.io" + query : query, Results.class, action, deadline);
            if (found != null && found.results() != null) {
                return found.results().stream()
                        .filter(result -> result != null && result.name() != null)
                        .limit(limit)
                        .map(SearchEndpoint::hit)
                        .toList();
            }
            var all = get("/v2/_catalog?n=" + CATALOG, Catalog.class, action, deadline);
            if (all == null || all.repositories() == null) {
                throw new CarafeException.Unimplemented(
                        action + ": it has neither a search nor a list of its repositories that it gives to us");
            }
            var part = term.toLowerCase(Locale.ROOT);
            return all.repositories().stream()
                    .filter(name -> name != null && name.contains(part))
                    .limit(limit)
                    .map(name -> new Hit(name, "", 0, false))
                    .toList();
        });
    }

    private static Hit hit(Result result) {
        return new Hit(
                result.name(),
                Objects.requireNonNullElse(result.description(), ""),
                Objects.requireNonNullElse(result.stars(), 0),
                Boolean.TRUE.equals(result.official()));
    }

    /** Null if the registry does not know the call, or does not let us. */
    private <T> T get(String target, Class<T> type, String action, Deadline deadline) throws IOException {
        try (var response = repository.send(Call.get(target, Map.of()), "registry:catalog:*", deadline)) {
            if (response.status() >= 500 || response.status() == 429) {
                throw Failures.of(action, response);
            }
            if (response.status() != 200) {
                return null;
            }
            return Json.read(response.body().readAll(MAX_ANSWER, action), type, action);
        } catch (CarafeException.PermissionDenied | CarafeException.InvalidArgument e) {
            return null;
        }
    }
}
