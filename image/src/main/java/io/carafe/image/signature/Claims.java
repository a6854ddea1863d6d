package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;

/**
 * What a signature says of an image (containers-signature(5)). Read only from bytes whose signature holds, and strictly:
 * what is not known might be what the signer meant to restrict.
 *
 * @param manifest which manifest
 * @param reference under which name
 */
record Claims(Digest manifest, String reference) {

    /** In signatures of containers/image's simple signing. */
    static final String SIMPLE_SIGNING = "atomic container signature";

    /** In those of cosign. */
    static final String COSIGN = "cosign container image signature";

    private static final int MAX_SIZE = 1 << 20;

    /** @param type the only one accepted */
    static Claims read(byte[] payload, String type) throws NotAccepted {
        if (payload.length > MAX_SIZE) {
            throw new NotAccepted("its payload has more than " + MAX_SIZE + " bytes");
        }
        JsonNode root;
        try {
            root = Json.mapper()
                    .readerFor(JsonNode.class)
                    .with(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readValue(payload);
        } catch (JacksonException e) {
            throw new NotAccepted("its payload is no JSON: " + e.getOriginalMessage(), e);
        }
        keys(root, "payload", Set.of("critical", "optional"));
        var critical = root.path("critical");
        keys(critical, "critical", Set.of("type", "image", "identity"));
        var image = critical.path("image");
        keys(image, "image", Set.of("docker-manifest-digest"));
        var identity = critical.path("identity");
        keys(identity, "identity", Set.of("docker-reference"));
        if (!critical.path("type").asString("").equals(type)) {
            throw new NotAccepted("its payload is not of the type \"" + type + "\"");
        }
        checkOptional(root.path("optional"), type);
        try {
            return new Claims(
                    Digest.parse(image.path("docker-manifest-digest").asString("")),
                    identity.path("docker-reference").asString(""));
        } catch (CarafeException.InvalidArgument e) {
            throw new NotAccepted("its payload names no manifest: " + e.getMessage(), e);
        }
    }

    private static void keys(JsonNode node, String what, Set<String> exactly) throws NotAccepted {
        if (!node.isObject() || !exactly.containsAll(node.propertyNames())) {
            throw new NotAccepted("its payload is malformed: " + what + " must have the keys " + exactly + " only");
        }
        for (var key : exactly) {
            // cosign of long ago left it out
            if (!node.has(key) && !key.equals("optional")) {
                throw new NotAccepted("its payload is malformed: " + what + " has no " + key);
            }
        }
    }

    private static void checkOptional(JsonNode optional, String type) throws NotAccepted {
        boolean absent = optional.isMissingNode() || optional.isNull();
        if (absent ? type.equals(SIMPLE_SIGNING) : !optional.isObject()) {
            throw new NotAccepted("its payload is malformed: optional must be an object");
        }
        boolean creator = !optional.has("creator") || optional.get("creator").isString();
        boolean timestamp =
                !optional.has("timestamp") || optional.get("timestamp").isNumber();
        if (!creator || !timestamp) {
            throw new NotAccepted("its payload is malformed: creator must be a string, timestamp a number");
        }
    }

    /**
     * The payload of a cosign signature.
     *
     * @param seconds since 1970
     */
    static byte[] write(Digest manifest, String reference, String creator, long seconds) {
        Map<String, Object> critical = new LinkedHashMap<>();
        critical.put("identity", Map.of("docker-reference", reference));
        critical.put("image", Map.of("docker-manifest-digest", manifest.toString()));
        critical.put("type", COSIGN);
        Map<String, Object> optional = new LinkedHashMap<>();
        optional.put("creator", creator);
        optional.put("timestamp", seconds);
        Map<String, Object> payload = new LinkedHashMap<>();
        payload.put("critical", critical);
        payload.put("optional", optional);
        return Json.write(payload);
    }
}
