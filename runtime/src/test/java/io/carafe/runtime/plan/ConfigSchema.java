package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.carafe.oci.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** The runtime specification's own schema of {@code config.json}: every property it has for Linux. */
final class ConfigSchema {

    /** A member of any name, and an element of a list. */
    static final String ANY = "{}";

    static final String ELEMENT = "[]";

    private static final Set<String> OTHER_PLATFORMS = Set.of("solaris", "windows", "vm", "zos", "freebsd");

    /** Of Windows, though they stand among those of all platforms. */
    private static final Set<String> OF_WINDOWS = Set.of("process.commandLine", "process.user.username");

    /**
     * A property that has a value and no members.
     *
     * @param type as the schema names it: {@code string}, {@code integer}, {@code boolean}
     * @param values all there are, or empty if they are not listed
     */
    record Leaf(List<String> path, String type, List<String> values) {

        String name() {
            return String.join(".", path).replace("." + ELEMENT, ELEMENT);
        }

        @Override
        public String toString() {
            return name();
        }
    }

    private final Map<String, JsonNode> files = new HashMap<>();
    private final Map<String, Leaf> leaves = new LinkedHashMap<>();

    static List<Leaf> leaves() {
        var schema = new ConfigSchema();
        schema.walk("config-schema.json", schema.file("config-schema.json"), List.of());
        return List.copyOf(schema.leaves.values());
    }

    private void walk(String file, JsonNode node, List<String> path) {
        if (path.size() == 1 && OTHER_PLATFORMS.contains(path.getFirst())) {
            return;
        }
        if (node.has("$ref")) {
            var parts = node.get("$ref").asString().split("#", 2);
            var target = parts[0].isEmpty() ? file : parts[0];
            walk(target, file(target).at(parts.length > 1 ? parts[1] : ""), path);
            return;
        }
        boolean members = false;
        for (var kind : List.of("allOf", "anyOf", "oneOf")) {
            for (var part : node.path(kind)) {
                if (part.has("$ref") || part.has("properties")) {
                    walk(file, part, path);
                    members = true;
                }
            }
        }
        for (var property : node.path("properties").properties()) {
            walk(file, property.getValue(), with(path, property.getKey()));
            members = true;
        }
        for (var property : node.path("patternProperties").properties()) {
            walk(file, property.getValue(), with(path, ANY));
            members = true;
        }
        if (node.path("additionalProperties").isObject()) {
            walk(file, node.get("additionalProperties"), with(path, ANY));
            members = true;
        }
        if (node.has("items")) {
            var items = node.get("items");
            walk(file, items.isArray() ? items.get(0) : items, with(path, ELEMENT));
            members = true;
        }
        if (!members) {
            add(new Leaf(path, node.path("type").asString("string"), values(node)));
        }
    }

    private void add(Leaf leaf) {
        if (!OF_WINDOWS.contains(leaf.name())) {
            leaves.putIfAbsent(leaf.name(), leaf);
        }
    }

    private static List<String> values(JsonNode node) {
        return node.path("enum").valueStream().map(JsonNode::asString).collect(Collectors.toList());
    }

    private static List<String> with(List<String> path, String name) {
        var longer = new ArrayList<>(path);
        longer.add(name);
        return List.copyOf(longer);
    }

    private JsonNode file(String name) {
        return files.computeIfAbsent(name, any -> {
            try (var in = ConfigSchema.class.getResourceAsStream("schema/" + name)) {
                assertNotNull(in, name);
                return Json.tree(in.readAllBytes(), name);
            } catch (IOException e) {
                throw new AssertionError(name, e);
            }
        });
    }
}
