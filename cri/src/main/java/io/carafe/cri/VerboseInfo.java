package io.carafe.cri;

import io.carafe.oci.Json;
import java.nio.charset.StandardCharsets;

/** The info maps of verbose answers: JSON for people and tools, of no fixed shape. */
final class VerboseInfo {

    private VerboseInfo() {}

    static String json(Object value) {
        return new String(Json.write(value), StandardCharsets.UTF_8);
    }
}
