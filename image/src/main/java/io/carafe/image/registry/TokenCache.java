package io.carafe.image.registry;

import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.registry.TokenEndpoint.Token;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Access tokens that are still good, for those with the same credentials only. */
final class TokenCache {

    record Key(Challenge challenge, String scope, RegistryAuth auth) {}

    private final ConcurrentMap<Key, Token> tokens = new ConcurrentHashMap<>();

    /** Null if there is none. */
    Token find(Key key) {
        var token = tokens.get(key);
        return token == null || token.expires().expired() ? null : token;
    }

    void put(Key key, Token token) {
        tokens.values().removeIf(old -> old.expires().expired());
        tokens.put(key, token);
    }
}
