package io.carafe.image.registry;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.oci.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The token server that a Bearer challenge names (distribution, "Token Authentication Specification" and "OAuth2").
 *
 * @param registry whose connections and trust are used
 */
record TokenEndpoint(Host registry, Challenge challenge) {

    private static final int MAX_ANSWER = 1024 * 1024;

    /** By the specification a token lives a minute if the server does not say. */
    private static final Duration DEFAULT_LIFE = Duration.ofSeconds(60);

    private record Answer(
            String token,
            @JsonProperty("access_token") String accessToken,
            @JsonProperty("expires_in") Long expiresIn) {

        @Override
        public String toString() {
            return "token";
        }
    }

    /** @param expires a moment before the server lets it expire */
    record Token(String value, Deadline expires) {
        @Override
        public String toString() {
            return "token";
        }
    }

    /** @param scope such as {@code repository:library/nginx:pull}; several with spaces between */
    Token fetch(String scope, RegistryAuth auth, Deadline deadline) throws IOException {
        var realm = realm();
        var action = "token of " + realm.getHost() + " for " + scope;
        var request = switch (auth) {
            case RegistryAuth.IdentityToken identity -> refresh(realm, scope, identity);
            case RegistryAuth.Basic basic ->
                registry.request(withQuery(realm, query(scope, basic.username())), Repository.basic(basic))
                        .GET();
            case RegistryAuth.Anonymous _, RegistryAuth.RegistryToken _ ->
                registry.request(withQuery(realm, query(scope, null)), null).GET();
        };
        var response = registry.exchange(request.build(), deadline);
        if (response.status() != 200) {
            throw Failures.of(action, response);
        }
        return token(response.body().readAll(MAX_ANSWER, action), action);
    }

    private static Token token(byte[] json, String action) {
        Answer answer;
        try {
            answer = Json.read(json, Answer.class, action);
        } catch (CarafeException.InvalidArgument e) {
            // without the cause: its message could quote the token
            throw new CarafeException.FailedPrecondition(action + ": the answer is malformed");
        }
        var value = answer.token() == null || answer.token().isEmpty() ? answer.accessToken() : answer.token();
        if (value == null || value.isEmpty() || value.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new CarafeException.FailedPrecondition(action + ": the answer has no token");
        }
        var life = answer.expiresIn() == null || answer.expiresIn() <= 0
                ? DEFAULT_LIFE
                : Duration.ofSeconds(Math.min(answer.expiresIn(), 24 * 3600));
        return new Token(value, Deadline.after(life.multipliedBy(9).dividedBy(10)));
    }

    /** The registry names it, so it is checked: credentials given over HTTPS must not leave over HTTP. */
    private URI realm() {
        var realm = challenge.parameter("realm");
        try {
            var uri = URI.create(realm == null ? "" : realm);
            boolean http = "http".equals(uri.getScheme()) && registry.insecure();
            if (uri.getHost() != null && ("https".equals(uri.getScheme()) || http)) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new CarafeException.FailedPrecondition("registry " + registry.name()
                + ": sends to a token server that is not at an https URL; this is refused");
    }

    private Map<String, String> query(String scope, String account) {
        var query = new LinkedHashMap<String, String>();
        if (challenge.parameter("service") != null) {
            query.put("service", challenge.parameter("service"));
        }
        query.put("scope", scope);
        if (account != null) {
            query.put("account", account);
        }
        return query;
    }

    private HttpRequest.Builder refresh(URI realm, String scope, RegistryAuth.IdentityToken identity) {
        var form = new LinkedHashMap<>(query(scope, null));
        form.put("grant_type", "refresh_token");
        form.put("refresh_token", identity.token());
        form.put("client_id", "carafe");
        return registry.request(realm, null)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(encoded(form)));
    }

    private static URI withQuery(URI realm, Map<String, String> query) {
        // by the specification of GET each scope has a parameter of its own; OAuth2 has spaces between them
        var scopes = encoded(query).replace("+repository%3A", "&scope=repository%3A");
        return URI.create(realm + (realm.getRawQuery() == null ? "?" : "&") + scopes);
    }

    private static String encoded(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }
}
