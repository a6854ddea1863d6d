package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads a plugin's result, in whichever of the specification's shapes: 0.1 and 0.2 have one address of each family, 0.3
 * and 0.4 lists, 1.x lists without the {@code version} of an address.
 */
final class ResultParser {

    private static final int MOST_ENTRIES = 1024;
    private static final int LONGEST_STRING = 4096;

    private ResultParser() {}

    /** @throws InvalidArgument naming what is wrong with it */
    static CniResult parse(String network, ObjectNode json) {
        var version = SpecVersion.parse(CniJson.string(json, "cniVersion"));
        if (version.major() > SpecVersion.NEWEST.major()) {
            throw new InvalidArgument("cniVersion " + version + ": the newest known here is " + SpecVersion.NEWEST);
        }
        return version.atLeast(SpecVersion.WITH_LISTS) ? ofLists(network, json) : ofFamilies(network, json);
    }

    private static CniResult ofLists(String network, ObjectNode json) {
        var interfaces = list(json, "interfaces", ResultParser::networkInterface);
        var ips = list(json, "ips", node -> ip(node, "address", interfaces.size()));
        return new CniResult(network, interfaces, ips, list(json, "routes", ResultParser::route), dns(json));
    }

    private static CniResult ofFamilies(String network, ObjectNode json) {
        var ips = new ArrayList<CniResult.Ip>();
        var routes = new ArrayList<CniResult.Route>();
        for (var family : List.of("ip4", "ip6")) {
            var node = json.path(family);
            if (node.isObject()) {
                ips.add(ip(node, "ip", 0));
                routes.addAll(list(node, "routes", ResultParser::route));
            }
        }
        return new CniResult(network, List.of(), ips, routes, dns(json));
    }

    private static CniResult.Interface networkInterface(JsonNode node) {
        var name = string(node, "name");
        Attachment.checkIfName(name);
        return new CniResult.Interface(name, string(node, "mac"), string(node, "sandbox"));
    }

    private static CniResult.Ip ip(JsonNode node, String key, int interfaces) {
        var address = IpLiteral.parseNetwork("address", string(node, key));
        var gateway = optional(node, "gateway").map(text -> IpLiteral.parse("gateway", text));
        var index = node.path("interface");
        if (index.isMissingNode() || index.isNull()) {
            return new CniResult.Ip(address.address(), address.prefix(), gateway, Optional.empty());
        }
        if (!index.isIntegralNumber() || !index.canConvertToInt() || index.intValue() >= interfaces) {
            throw new InvalidArgument("address " + address.address().getHostAddress() + ": interface "
                    + Text.shorten(index.toString()) + " is not one of the " + interfaces + " listed");
        }
        // a negative index means none, as in the reference plugins
        var which = index.intValue() < 0 ? Optional.<Integer>empty() : Optional.of(index.intValue());
        return new CniResult.Ip(address.address(), address.prefix(), gateway, which);
    }

    private static CniResult.Route route(JsonNode node) {
        var destination = IpLiteral.parseNetwork("route", string(node, "dst"));
        var gateway = optional(node, "gw").map(text -> IpLiteral.parse("gateway of a route", text));
        return new CniResult.Route(destination.address(), destination.prefix(), gateway);
    }

    private static CniResult.Dns dns(ObjectNode json) {
        var node = json.path("dns");
        if (!node.isObject()) {
            return CniResult.Dns.NONE;
        }
        return new CniResult.Dns(
                strings(node, "nameservers"),
                string(node, "domain"),
                strings(node, "search"),
                strings(node, "options"));
    }

    private static List<String> strings(JsonNode object, String key) {
        return entries(object, key)
                .map(node -> {
                    if (!node.isString()) {
                        throw new InvalidArgument("'" + key + "' must be a list of strings");
                    }
                    return bounded(key, node.stringValue());
                })
                .toList();
    }

    private static <T> List<T> list(JsonNode object, String key, Function<JsonNode, T> parse) {
        return entries(object, key)
                .map(node -> {
                    if (!node.isObject()) {
                        throw new InvalidArgument("'" + key + "' must be a list of objects");
                    }
                    return parse.apply(node);
                })
                .toList();
    }

    private static Stream<JsonNode> entries(JsonNode object, String key) {
        var list = object.path(key);
        if (list.isMissingNode() || list.isNull()) {
            return Stream.empty();
        }
        if (!list.isArray()) {
            throw new InvalidArgument("'" + key + "' must be a list");
        }
        if (list.size() > MOST_ENTRIES) {
            throw new InvalidArgument("'" + key + "' has " + list.size() + " entries, more than " + MOST_ENTRIES);
        }
        return list.valueStream();
    }

    private static Optional<String> optional(JsonNode object, String key) {
        return Optional.of(string(object, key)).filter(text -> !text.isEmpty());
    }

    private static String string(JsonNode object, String key) {
        return bounded(key, CniJson.string(object, key));
    }

    private static String bounded(String key, String text) {
        if (text.length() > LONGEST_STRING) {
            throw new InvalidArgument("'" + key + "' is longer than " + LONGEST_STRING + " characters");
        }
        return text;
    }
}
