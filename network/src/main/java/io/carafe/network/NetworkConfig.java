package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A network: a named list of plugins that attach a pod one after the other (CNI specification, section 1).
 *
 * @param version the specification's version that client and plugins use with each other
 * @param plugins in the order of ADD, without {@code loopback}: that interface is the kernel's and the engine brings it up
 * @param source the whole list as JSON, with everything that was loaded from beside it written out
 */
record NetworkConfig(
        String name,
        SpecVersion version,
        boolean disableCheck,
        boolean disableGc,
        List<Plugin> plugins,
        ObjectNode source) {

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.\\-]*");
    /** The name is part of a cache file's name, which has 255 characters. */
    private static final int LONGEST_NAME = 100;

    private static final Pattern TYPE = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9_.\\-]{0,127}");
    private static final int MOST_PLUGINS = 64;
    private static final String LOOPBACK = "loopback";

    /**
     * @param type the plugin's file name
     * @param capabilities what it wants to be told about the pod
     * @param conf its configuration as written, unknown keys included
     */
    record Plugin(String type, Set<String> capabilities, ObjectNode conf) {

        static Plugin of(JsonNode node) {
            if (!(node instanceof ObjectNode conf)) {
                throw new InvalidArgument("each plugin must be an object");
            }
            var type = CniJson.string(conf, "type");
            if (!TYPE.matcher(type).matches()) {
                throw new InvalidArgument(
                        type.isEmpty()
                                ? "a plugin has no 'type'"
                                : "plugin type '" + Text.shorten(type) + "': must be a file name, without a path");
            }
            return new Plugin(type, declaredCapabilities(type, conf.path("capabilities")), conf);
        }

        private static Set<String> declaredCapabilities(String type, JsonNode node) {
            if (node.isMissingNode() || node.isNull()) {
                return Set.of();
            }
            if (!node.isObject()) {
                throw new InvalidArgument("'capabilities' of plugin " + type + " must be an object");
            }
            return node.propertyStream()
                    .filter(entry -> CniJson.bool(node, entry.getKey()))
                    .map(java.util.Map.Entry::getKey)
                    .collect(Collectors.toUnmodifiableSet());
        }
    }

    NetworkConfig withPlugins(Predicate<Plugin> kept) {
        return new NetworkConfig(
                name,
                version,
                disableCheck,
                disableGc,
                plugins.stream().filter(kept).toList(),
                source);
    }

    /** Whether the list refers to plugins that are kept beside it, in {@code <directory>/<name>/*.conf}. */
    static boolean loadsFromDirectory(ObjectNode list) {
        return list.has("loadOnlyInlinedPlugins") && !CniJson.bool(list, "loadOnlyInlinedPlugins");
    }

    /** The network's name, checked. */
    static String nameOf(ObjectNode list) {
        var name = CniJson.string(list, "name");
        if (name.isEmpty()) {
            throw new InvalidArgument("the network has no 'name'");
        }
        if (name.length() > LONGEST_NAME || !NAME.matcher(name).matches()) {
            throw new InvalidArgument("network name '" + Text.shorten(name) + "': must match " + NAME + ", at most "
                    + LONGEST_NAME + " characters");
        }
        return name;
    }

    static NetworkConfig ofList(ObjectNode list, List<ObjectNode> besides) {
        var name = nameOf(list);
        var inlined = list.path("plugins");
        if (!inlined.isMissingNode() && !inlined.isNull() && !inlined.isArray()) {
            throw new InvalidArgument("'plugins' must be a list");
        }
        var source = list.deepCopy();
        if (!besides.isEmpty()) {
            var all = CniJson.MAPPER.createArrayNode();
            inlined.forEach(all::add);
            besides.forEach(all::add);
            source.set("plugins", all);
            source.put("loadOnlyInlinedPlugins", true);
        }
        return new NetworkConfig(
                name,
                chooseVersion(list),
                CniJson.bool(list, "disableCheck"),
                CniJson.bool(list, "disableGC"),
                plugins(source.path("plugins")),
                source);
    }

    /** The old form, a single plugin, as the list it stands for. */
    static NetworkConfig ofSinglePlugin(ObjectNode plugin) {
        if (plugin.has("plugins")) {
            throw new InvalidArgument("it is a list of plugins: name the file *.conflist");
        }
        var list = CniJson.MAPPER.createObjectNode();
        list.put("name", nameOf(plugin));
        if (plugin.has("cniVersion")) {
            list.set("cniVersion", plugin.get("cniVersion"));
        }
        list.putArray("plugins").add(plugin);
        return ofList(list, List.of());
    }

    private static List<Plugin> plugins(JsonNode nodes) {
        if (nodes instanceof ArrayNode array && array.size() > MOST_PLUGINS) {
            throw new InvalidArgument(array.size() + " plugins: at most " + MOST_PLUGINS + " are taken");
        }
        var plugins = new ArrayList<Plugin>();
        nodes.forEach(node -> plugins.add(Plugin.of(node)));
        if (plugins.isEmpty()) {
            throw new InvalidArgument("the network has no plugins");
        }
        plugins.removeIf(plugin -> plugin.type().equals(LOOPBACK));
        if (plugins.isEmpty()) {
            throw new InvalidArgument("the network has no plugin but loopback, which attaches a pod to nothing");
        }
        return List.copyOf(plugins);
    }

    private static SpecVersion chooseVersion(ObjectNode list) {
        var single = CniJson.string(list, "cniVersion");
        var several = list.path("cniVersions");
        if (several.isMissingNode() || several.isNull()) {
            var version = single.isEmpty() ? SpecVersion.FIRST : SpecVersion.parse(single);
            if (version.compareTo(SpecVersion.NEWEST) > 0) {
                throw new InvalidArgument("cniVersion " + version + ": the newest known here is " + SpecVersion.NEWEST);
            }
            return version;
        }
        if (!several.isArray()) {
            throw new InvalidArgument("'cniVersions' must be a list");
        }
        var offered = several.valueStream().map(node -> SpecVersion.parse(node.stringValue("")));
        var all = single.isEmpty() ? offered : Stream.concat(Stream.of(SpecVersion.parse(single)), offered);
        return all.filter(version -> SpecVersion.NEWEST.atLeast(version))
                .max(SpecVersion::compareTo)
                .orElseThrow(() -> new InvalidArgument("cniVersions " + Text.shorten(several.toString()) + ": none is "
                        + SpecVersion.NEWEST + " or older"));
    }
}
