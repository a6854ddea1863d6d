package io.carafe.image.auth;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.image.config.SettingsFile;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One {@code auth.json} or {@code config.json} (containers-auth.json(5), Docker's configuration file).
 *
 * @param auths credentials by {@code host[:port][/namespace]}, or by URL as Docker once wrote
 * @param credHelpers names of helpers by the same keys
 * @param credsStore the helper for all other registries; null if there is none
 */
record AuthFile(Map<String, Entry> auths, Map<String, String> credHelpers, String credsStore) {

    record Entry(
            String username,
            String password,
            String auth,
            @JsonProperty("identitytoken") String identityToken,
            @JsonProperty("registrytoken") String registryToken) {

        RegistryAuth credentials() {
            return RegistryAuth.of(username, password, auth, identityToken, registryToken);
        }

        @Override
        public String toString() {
            return "credentials";
        }
    }

    static final AuthFile EMPTY = new AuthFile(null, null, null);

    AuthFile {
        auths = auths == null ? Map.of() : auths;
        credHelpers = credHelpers == null ? Map.of() : credHelpers;
    }

    /** Empty if there is no such file. Errors name the file only, since a parser's message could quote a secret. */
    static AuthFile load(Path path) {
        byte[] json;
        try {
            json = SettingsFile.read(path, "credentials " + path);
        } catch (java.nio.file.NoSuchFileException e) {
            return EMPTY;
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(
                    "credentials " + path + ": cannot be read: " + e.getMessage(), e);
        }
        try {
            return json.length == 0 ? EMPTY : Json.read(json, AuthFile.class, "credentials " + path);
        } catch (CarafeException.InvalidArgument e) {
            var place = e.getMessage().replaceFirst("(:\\d+:\\d+).*", "$1");
            throw new CarafeException.FailedPrecondition(
                    place.lines().findFirst().orElse(path.toString()) + ": malformed JSON");
        }
    }

    /** The entry with the longest key that is a prefix of the repository. */
    Optional<Entry> entry(Reference reference) {
        return longest(auths, reference);
    }

    Optional<String> helper(Reference reference) {
        return longest(credHelpers, reference);
    }

    private static <T> Optional<T> longest(Map<String, T> byKey, Reference reference) {
        for (var scope : scopes(reference)) {
            for (var entry : byKey.entrySet()) {
                if (normalised(entry.getKey()).equals(scope)) {
                    return Optional.ofNullable(entry.getValue());
                }
            }
        }
        return Optional.empty();
    }

    /** {@code host/a/b}, {@code host/a}, {@code host}. */
    private static List<String> scopes(Reference reference) {
        var scopes = new ArrayList<String>();
        var name = reference.repository();
        scopes.add(name);
        for (int slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
            scopes.add(name.substring(0, slash));
        }
        return scopes;
    }

    /** Strips what Docker's older files have: a scheme, and the path of the API's version. */
    private static String normalised(String key) {
        var name = key.replaceFirst("^https?://", "");
        boolean url = !name.equals(key);
        int slash = name.indexOf('/');
        if (slash >= 0 && (url || name.substring(slash).matches("/v[12]/?"))) {
            name = name.substring(0, slash);
        }
        return switch (name) {
            case "index.docker.io", "registry-1.docker.io" -> Reference.DOCKER_HUB;
            default -> name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        };
    }
}
