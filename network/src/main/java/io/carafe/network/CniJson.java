package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.oci.Json;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON of configurations, plugins and cache entries, none of it trusted. The caller bounds its size. */
final class CniJson {

    static final JsonMapper MAPPER = Json.mapper();

    private CniJson() {}

    static ObjectNode object(String text) {
        return object(text.getBytes(StandardCharsets.UTF_8));
    }

    /** @throws InvalidArgument if it is no JSON object; the message says where it goes wrong */
    static ObjectNode object(byte[] text) {
        JsonNode node;
        try {
            node = MAPPER.readTree(text);
        } catch (JacksonException e) {
            var at = e.getLocation();
            var place = at == null ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ";
            throw new InvalidArgument("not valid JSON: " + place + Text.shorten(message(e)), e);
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new InvalidArgument("not a JSON object");
    }

    /** Jackson's words without the position that it adds to some, which is withheld anyway. */
    private static String message(JacksonException e) {
        var text = e.getOriginalMessage();
        var marker = text.indexOf(" (start marker at");
        return marker < 0 ? text : text.substring(0, marker);
    }

    static byte[] bytes(JsonNode node) {
        return MAPPER.writeValueAsBytes(node);
    }

    /** The string {@code key}, empty if absent. */
    static String string(JsonNode object, String key) {
        var value = object.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return "";
        }
        if (!value.isString()) {
            throw new InvalidArgument("'" + key + "' must be a string");
        }
        return value.stringValue();
    }

    /** The boolean {@code key}, false if absent; written as a string it counts too, as libcni has it. */
    static boolean bool(JsonNode object, String key) {
        var value = object.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return false;
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        return switch (value.isString() ? value.stringValue() : "") {
            case "true" -> true;
            case "false" -> false;
            default -> throw new InvalidArgument("'" + key + "' must be true or false");
        };
    }
}
