package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** A signature as it was found, nothing of it verified. */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
sealed interface Signature {

    /** What containers/image and cosign accept, too. */
    int MAX_SIZE = 4 << 20;

    /** How many of one image are looked at. */
    int MAX_COUNT = 128;

    /** All of one image together: they are held until one is found that counts. */
    int MAX_TOTAL = 4 * MAX_SIZE;

    /** The type of payload that is a signature; attestations have others. */
    String SIGSTORE_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";

    /** Simple signing: an OpenPGP message that has its payload in it. */
    record OpenPgp(byte[] message) implements Signature {}

    /**
     * A sigstore signature.
     *
     * @param annotations signature, and certificate, chain and entry of the log where there are any
     */
    record Sigstore(String mediaType, byte[] payload, Map<String, String> annotations) implements Signature {}

    /**
     * Of a file of a lookaside. One of another format than simple signing begins with a zero byte and its format's name.
     *
     * @throws CarafeException.InvalidArgument if it is of no known format
     */
    static Signature ofFile(byte[] content, String what) {
        if (content.length == 0) {
            throw new CarafeException.InvalidArgument(what + ": it is empty");
        }
        if (content[0] != 0) {
            return new OpenPgp(content);
        }
        var prefix = "\0sigstore-json\n".getBytes(StandardCharsets.US_ASCII);
        if (content.length < prefix.length || !Arrays.equals(prefix, 0, prefix.length, content, 0, prefix.length)) {
            throw new CarafeException.InvalidArgument(what + ": its format is unknown");
        }
        var root = Json.tree(Arrays.copyOfRange(content, prefix.length, content.length), what);
        var annotations = new LinkedHashMap<String, String>();
        root.path("annotations")
                .properties()
                .forEach(each -> annotations.put(each.getKey(), each.getValue().asString("")));
        try {
            return new Sigstore(
                    root.path("mimeType").asString(""),
                    Base64.getDecoder().decode(root.path("payload").asString("")),
                    Map.copyOf(annotations));
        } catch (IllegalArgumentException e) {
            throw new CarafeException.InvalidArgument(what + ": its payload is not base64", e);
        }
    }
}
