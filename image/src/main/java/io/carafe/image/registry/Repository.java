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

    /** Whether blobs of {@code other} can be mounted here: it is at the same registry, under another name. */
    boolean isBeside(Reference other) {
        return other.domain().equals(reference.domain()) && !other.path().equals(reference.path());
    }

    /** What the registry said last about how much may still be pulled; null if it never did. */
    public RateLimit rateLimit() {
        return host.rateLimit();
    }

    /**
     * Gets {@code /v2/<repository>/<path>}.
     *
     * @throws CarafeException if the registry refuses for good
     * @throws IOException if another attempt may succeed
     */
    Response get(String path, Map<String, String> headers, Deadline deadline) throws IOException {
        return send(Call.get(url(path), headers), pullScope(), deadline);
    }

    String url(String path) {
        return "/v2/" + reference.path() + "/" + path;
    }

    String pullScope() {
        return "repository:" + reference.path() + ":pull";
    }

    String pushScope() {
        return "repository:" + reference.path() + ":pull,push";
    }

    /**
     * Sends a request, and again with credentials if they are asked for.
     *
     * @param scope what a token must allow, in the words of the token specification; several with spaces between
     */
    Response send(Call call, String scope, Deadline deadline) throws IOException {
        var known = host.challenge();
        var authorization = authorization(known, scope, false, deadline);
        var response = host.send(call, authorization, deadline);
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
        return host.send(call, authorization(challenge, scope, repeated, deadline), deadline);
    }

    private String authorization(Challenge challenge, String scope, boolean fresh, Deadline deadline)
            throws IOException {
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
        return "Bearer " + token(challenge, scope, fresh, deadline).value();
    }

    private Token token(Challenge challenge, String scope, boolean fresh, Deadline deadline) throws IOException {
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
