package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * The promise of a Rekor log to hold an entry, the "signed entry timestamp": a signature of the log over the canonical
 * JSON (RFC 8785) of entry, time, index and log. It is checked without asking the log.
 */
final class RekorEntry {

    private static final int MAX_SIZE = 1 << 20;

    private RekorEntry() {}

    /**
     * Verifies that the log holds a signature.
     *
     * @param bundle as in the annotation {@code dev.sigstore.cosign/bundle}
     * @param logKeys of which one must have signed
     * @param signer the key or certificate in DER
     * @param signature of the image
     * @param payload what it is a signature of
     * @return when the log took it in
     */
    static Instant verify(String bundle, List<PublicKey> logKeys, byte[] signer, byte[] signature, byte[] payload)
            throws NotAccepted {
        try {
            return new Reading(bundle).verify(logKeys, signer, signature, payload);
        } catch (CarafeException.InvalidArgument | IllegalArgumentException e) {
            throw new NotAccepted("its entry of the log is malformed: " + e.getMessage(), e);
        }
    }

    private static final class Reading {

        private final JsonNode entry;
        private final byte[] timestamp;

        Reading(String bundle) throws NotAccepted {
            if (bundle.length() > MAX_SIZE) {
                throw new NotAccepted("its entry of the log has more than " + MAX_SIZE + " characters");
            }
            var root = Json.tree(bundle.getBytes(StandardCharsets.UTF_8), "bundle");
            exactly(root, Set.of("SignedEntryTimestamp", "Payload"));
            entry = root.get("Payload");
            exactly(entry, Set.of("body", "integratedTime", "logIndex", "logID"));
            timestamp = base64(root, "SignedEntryTimestamp");
        }

        Instant verify(List<PublicKey> logKeys, byte[] signer, byte[] signature, byte[] payload) throws NotAccepted {
            var time = number("integratedTime");
            var signed = canonical(time).getBytes(StandardCharsets.UTF_8);
            if (logKeys.stream()
                    .filter(ECPublicKey.class::isInstance)
                    .noneMatch(key -> PublicKeys.verifies(key, timestamp, signed))) {
                throw new NotAccepted("its entry of the log is not signed by the log's key");
            }
            check(Json.tree(base64(entry, "body"), "body"), signer, signature, payload);
            return Instant.ofEpochSecond(time);
        }

        /** Neither string can have a character that would be escaped. */
        private String canonical(long time) {
            var body = entry.path("body").asString("");
            var log = entry.path("logID").asString("");
            if (!log.matches("[0-9a-fA-F]{1,128}")) {
                throw new IllegalArgumentException("logID is not hexadecimal");
            }
            base64(entry, "body");
            return "{\"body\":\"" + body + "\",\"integratedTime\":" + time + ",\"logID\":\"" + log + "\",\"logIndex\":"
                    + number("logIndex") + "}";
        }

        private static void check(JsonNode body, byte[] signer, byte[] signature, byte[] payload) throws NotAccepted {
            var spec = body.path("spec");
            boolean known = body.path("kind").asString("").equals("hashedrekord")
                    && body.path("apiVersion").asString("").equals("0.0.1");
            if (!known) {
                throw new NotAccepted("its entry of the log is not of the kind hashedrekord 0.0.1");
            }
            if (!Arrays.equals(base64(spec.path("signature"), "content"), signature)) {
                throw new NotAccepted("its entry of the log is of another signature");
            }
            var key = Pem.blocks(base64(spec.path("signature").path("publicKey"), "content"), "publicKey");
            if (key.size() != 1 || !Arrays.equals(key.getFirst().content(), signer)) {
                throw new NotAccepted("its entry of the log is of another key or certificate");
            }
            var hash = spec.path("data").path("hash");
            if (!hash.path("algorithm").asString("").equals("sha256")
                    || !hash.path("value")
                            .asString("")
                            .equals(Digest.sha256(payload).hex())) {
                throw new NotAccepted("its entry of the log is of another payload");
            }
        }

        private long number(String key) {
            var value = entry.get(key);
            if (!value.isIntegralNumber() || !value.canConvertToLong()) {
                throw new IllegalArgumentException(key + " is no whole number");
            }
            return value.asLong();
        }

        private static void exactly(JsonNode node, Set<String> keys) {
            if (!node.isObject() || !Set.copyOf(node.propertyNames()).equals(keys)) {
                throw new IllegalArgumentException("expected an object with the keys " + keys);
            }
        }

        private static byte[] base64(JsonNode node, String key) {
            return Base64.getDecoder().decode(node.path(key).asString("").getBytes(StandardCharsets.UTF_8));
        }
    }
}
