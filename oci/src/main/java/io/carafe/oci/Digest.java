package io.carafe.oci;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.carafe.base.CarafeException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The name of content by its hash (OCI image-spec, descriptor, "Digests"). Only the registered algorithms are accepted.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex the hash in lower-case hexadecimal
 */
public record Digest(String algorithm, String hex) implements Comparable<Digest> {

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SHA512 = Pattern.compile("[0-9a-f]{128}");

    public Digest {
        var form = switch (algorithm) {
            case "sha256" -> SHA256;
            case "sha512" -> SHA512;
            default ->
                throw new CarafeException.InvalidArgument(
                        "digest algorithm " + algorithm + " is not supported: use sha256 or sha512");
        };
        if (!form.matcher(hex).matches()) {
            throw new CarafeException.InvalidArgument(
                    "digest " + algorithm + ":" + hex + ": the hash is not lower-case hexadecimal of the right length");
        }
    }

    /** Reads {@code algorithm:hex}. */
    @JsonCreator
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new CarafeException.InvalidArgument("digest " + text + " has no algorithm: expected sha256:…");
        }
        return new Digest(text.substring(0, colon), text.substring(colon + 1));
    }

    public static Digest sha256(byte[] content) {
        return of(sha256().digest(content));
    }

    /** The digest that a finished SHA-256 hash stands for. */
    public static Digest of(byte[] sha256) {
        return new Digest("sha256", HexFormat.of().formatHex(sha256));
    }

    /** A fresh SHA-256 hasher. */
    public static MessageDigest sha256() {
        return hasher("SHA-256");
    }

    /** A fresh hasher of this digest's algorithm. */
    public MessageDigest newHasher() {
        return hasher(algorithm.equals("sha512") ? "SHA-512" : "SHA-256");
    }

    private static MessageDigest hasher(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + name, e);
        }
    }

    @Override
    public int compareTo(Digest other) {
        return toString().compareTo(other.toString());
    }

    @JsonValue
    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }
}
