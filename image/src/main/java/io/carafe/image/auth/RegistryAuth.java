package io.carafe.image.auth;

import io.carafe.base.CarafeException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Credentials for a registry. The secret never shows in {@code toString()}. */
public sealed interface RegistryAuth {

    RegistryAuth ANONYMOUS = new Anonymous();

    /** No credentials. */
    record Anonymous() implements RegistryAuth {}

    /** A name and a password, given to the registry itself or to its token server. */
    record Basic(String username, String password) implements RegistryAuth {
        @Override
        public String toString() {
            return "basic credentials of " + username;
        }
    }

    /** A refresh token, exchanged at the token server for access tokens (OAuth2). */
    record IdentityToken(String token) implements RegistryAuth {
        @Override
        public String toString() {
            return "identity token";
        }
    }

    /** An access token sent to the registry as it is. */
    record RegistryToken(String token) implements RegistryAuth {
        @Override
        public String toString() {
            return "registry token";
        }
    }

    /**
     * From the fields of CRI's AuthConfig and of auth.json, empty ones as null or "". A registry token wins over an
     * identity token, that over a name and password, those over {@code auth}.
     *
     * @param auth base64 of {@code username:password}
     * @throws CarafeException.InvalidArgument if {@code auth} is not of that form
     */
    static RegistryAuth of(String username, String password, String auth, String identityToken, String registryToken) {
        if (isSet(registryToken)) {
            return new RegistryToken(registryToken);
        }
        if (isSet(identityToken)) {
            return new IdentityToken(identityToken);
        }
        if (isSet(username)) {
            return named(username, password == null ? "" : password);
        }
        return isSet(auth) ? decoded(auth) : ANONYMOUS;
    }

    private static RegistryAuth decoded(String auth) {
        String text;
        try {
            text = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // without the cause: its message could quote the secret
            throw new CarafeException.InvalidArgument("registry credentials: auth is not base64");
        }
        int colon = text.indexOf(':');
        if (colon < 1) {
            throw new CarafeException.InvalidArgument(
                    "registry credentials: auth is not the base64 of username:password");
        }
        // Docker once padded it with NUL
        return named(text.substring(0, colon), text.substring(colon + 1).replaceAll("\0+$", ""));
    }

    /** Helpers and Docker's files say with the name {@code <token>} that the password is an identity token. */
    private static RegistryAuth named(String username, String password) {
        return username.equals("<token>") ? new IdentityToken(password) : new Basic(username, password);
    }

    private static boolean isSet(String value) {
        return value != null && !value.isEmpty();
    }
}
