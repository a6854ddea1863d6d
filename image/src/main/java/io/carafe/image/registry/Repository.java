package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.registry.TokenEndpoint.Token;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * One repository of a registry, with the credentials to use there. Answers the registry's challenges; what is fetched is
 * up to {@link ManifestEndpoint} and {@link BlobStream}.
 */
public final class Repository {

    private final Host host;
    private final Reference reference;
    private final RegistryAuth auth;
    private final TokenCache tokens;
    private final Patience patience;

    Repository(Host host, Reference reference, RegistryAuth auth, TokenCache tokens, Patience patience) {
        this.host = host;
        this.reference = reference;
        this.auth = auth;
        this.tokens = tokens;
        this.patience = patience;
    }

    /** What the image is called here. */
    public Reference reference() {
        return reference;
    }

    Patience patience() {
        return patience;
    }

    /**
     * Gets {@code /v2/<repository>/<path>}.
     *
     * @throws CarafeException if the registry refuses for good
     * @throws IOException if another attempt may succeed
     */
    Response get(String path, Map<String, String> headers, Deadline deadline) throws IOException {
        var url = "/v2/" + reference.path() + "/" + path;
        var known = host.challenge();
        var authorization = authorization(known, false, deadline);
        var response = host.get(url, headers, authorization, deadline);
        if (response.status() != 401) {
            return response;
        }
        var challenge = Challenge.choose(response.headers("www-authenticate"));
        if (challenge == null) {
            throw Failures.of("repository " + reference.repository(), response);
        }
        boolean repeated = authorization != null && challenge.equals(known);
        if (repeated && challenge.scheme().equals("basic")) {
            throw Failures.of("repository " + reference.repository() + " with " + auth, response);
        }
        if (challenge.scheme().equals("basic") && auth instanceof RegistryAuth.Anonymous) {
            response.close();
            throw new CarafeException.PermissionDenied("repository " + reference.repository()
                    + ": the registry wants credentials, and there are none for it");
        }
        response.close();
        host.challenged(challenge);
        // a token that was in the cache may have been revoked: this one is fresh
        return host.get(url, headers, authorization(challenge, repeated, deadline), deadline);
    }

    private String authorization(Challenge challenge, boolean fresh, Deadline deadline) throws IOException {
        if (auth instanceof RegistryAuth.RegistryToken token) {
            return "Bearer " + token.token();
        }
        if (challenge == null) {
            return null;
        }
        if (challenge.scheme().equals("basic")) {
            return switch (auth) {
                case RegistryAuth.Basic basic -> basic(basic);
                case RegistryAuth.IdentityToken _ ->
                    throw new CarafeException.PermissionDenied("repository " + reference.repository()
                            + ": the registry wants a name and password, and there is only an identity token");
                case RegistryAuth.Anonymous _, RegistryAuth.RegistryToken _ -> null;
            };
        }
        return "Bearer " + token(challenge, fresh, deadline).value();
    }

    private Token token(Challenge challenge, boolean fresh, Deadline deadline) throws IOException {
        var scope = "repository:" + reference.path() + ":pull";
        var key = new TokenCache.Key(challenge, scope, auth);
        var cached = fresh ? null : tokens.find(key);
        if (cached != null) {
            return cached;
        }
        var token = new TokenEndpoint(host, challenge).fetch(scope, auth, deadline);
        tokens.put(key, token);
        return token;
    }

    static String basic(RegistryAuth.Basic auth) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((auth.username() + ":" + auth.password()).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return reference.repository();
    }
}
