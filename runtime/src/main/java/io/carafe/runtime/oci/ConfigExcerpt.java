package io.carafe.runtime.oci;

import io.carafe.oci.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * A part of a config.json.
 *
 * @param path such as {@code mounts[3]}
 */
record ConfigExcerpt(String path, JsonNode value) {

    private static final int MAX_LINES = 30;
    private static final int MAX_WIDTH = 200;
    private static final Pattern PART =
            Pattern.compile("\\.?(?<name>[A-Za-z]\\w*)|\\[(?<index>\\d{1,6})]|\\[\"(?<key>.*?)\"]");

    /** What is there of a property: if a member is missing, what it is missing in; empty if nothing is. */
    static Optional<ConfigExcerpt> of(JsonNode config, String property) {
        var at = config;
        int end = 0;
        var part = PART.matcher(property);
        while (part.region(end, property.length()).lookingAt()) {
            var name = part.group("name") != null ? part.group("name") : part.group("key");
            var next = name != null ? at.path(name) : at.path(Integer.parseInt(part.group("index")));
            if (next.isMissingNode()) {
                break;
            }
            at = next;
            end = part.end();
        }
        return end == 0 ? Optional.empty() : Optional.of(new ConfigExcerpt(property.substring(0, end), at));
    }

    /** The property that an error names, as {@code config.json: linux.namespaces[2].type: "foo": unknown}. */
    static Optional<ConfigExcerpt> named(JsonNode config, String message) {
        for (var words : message.split(": ", -1)) {
            var found = words.matches("\\S+") ? of(config, words) : Optional.<ConfigExcerpt>empty();
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** For people; what is too long is cut. */
    List<String> lines() {
        var all = Json.pretty(value).lines().toList();
        var lines = new ArrayList<String>();
        for (var line : all.subList(0, Math.min(all.size(), MAX_LINES))) {
            lines.add(line.length() <= MAX_WIDTH ? line : line.substring(0, MAX_WIDTH) + "…");
        }
        if (all.size() > MAX_LINES) {
            lines.add("… " + (all.size() - MAX_LINES) + " more lines");
        }
        return lines;
    }
}
