package io.carafe.network;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.InvalidArgument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A network configuration in which the node's pod CIDRs are still to be filled in: JSON of a {@code .conflist} with these
 * placeholders.
 *
 * <table>
 * <caption>Placeholders</caption>
 * <tr><td>{@code {{.PodCIDR}}}</td><td>the primary network: {@code 10.244.1.0/24}</td></tr>
 * <tr><td>{@code {{.Ranges}}}</td><td>all, as host-local's {@code ranges}: {@code [[{"subnet": "10.244.1.0/24"}]]}</td></tr>
 * <tr><td>{@code {{.Routes}}}</td><td>a default route for each family: {@code [{"dst": "0.0.0.0/0"}]}</td></tr>
 * </table>
 *
 * @param source where it comes from, for messages
 */
record ConfigTemplate(String source, String text) {

    private static final int LARGEST = 1 << 20;
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\s*(.*?)\\s*}}");

    /** The plugin that a node may do without: it opens the node's own firewall to pods. */
    private static final String OPTIONAL = "firewall";

    /** Pods on a bridge, behind the node's address, with ports of the node; as kubenet did it. */
    private static final ConfigTemplate BRIDGE = new ConfigTemplate("the built-in template", """
            {
              "cniVersion": "1.0.0",
              "name": "carafe",
              "plugins": [
                {
                  "type": "bridge",
                  "bridge": "cni0",
                  "isGateway": true,
                  "ipMasq": true,
                  "hairpinMode": true,
                  "ipam": {"type": "host-local", "ranges": {{.Ranges}}, "routes": {{.Routes}}}
                },
                {"type": "portmap", "capabilities": {"portMappings": true}},
                {"type": "firewall"}
              ]
            }
            """);

    /**
     * @param name {@link CniSettings#BRIDGE_TEMPLATE} or a file's path
     * @throws FailedPrecondition if the file cannot be read
     */
    static ConfigTemplate of(String name) {
        if (name.equals(CniSettings.BRIDGE_TEMPLATE)) {
            return BRIDGE;
        }
        try (var in = Files.newInputStream(Path.of(name))) {
            var bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new FailedPrecondition(
                        "network configuration template " + name + ": larger than " + LARGEST + " bytes");
            }
            return new ConfigTemplate(
                    "network configuration template " + name, new String(bytes, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new FailedPrecondition("read network configuration template " + name + ": " + e, e);
        }
    }

    /**
     * The configuration for these networks.
     *
     * @param installed tells whether a plugin is there
     * @throws FailedPrecondition if what comes out is no network configuration
     */
    ObjectNode fill(PodCidrs cidrs, Predicate<String> installed) {
        try {
            var json = CniJson.object(PLACEHOLDER
                    .matcher(text)
                    .replaceAll(match -> Matcher.quoteReplacement(value(match.group(1), cidrs))));
            if (equals(BRIDGE) && !installed.test(OPTIONAL) && json.path("plugins") instanceof ArrayNode plugins) {
                plugins.removeIf(plugin -> CniJson.string(plugin, "type").equals(OPTIONAL));
            }
            NetworkConfig.ofList(json, List.of());
            return json;
        } catch (InvalidArgument e) {
            throw new FailedPrecondition(source + ": " + e.getMessage(), e);
        }
    }

    private static String value(String placeholder, PodCidrs cidrs) {
        return switch (placeholder) {
            case ".PodCIDR" -> cidrs.texts().getFirst();
            case ".Ranges" -> {
                var ranges = CniJson.MAPPER.createArrayNode();
                cidrs.texts().forEach(cidr -> ranges.addArray().addObject().put("subnet", cidr));
                yield ranges.toString();
            }
            case ".Routes" -> {
                var routes = CniJson.MAPPER.createArrayNode();
                cidrs.defaultRoutes().forEach(route -> routes.addObject().put("dst", route));
                yield routes.toString();
            }
            default ->
                throw new InvalidArgument("{{" + Text.shorten(placeholder)
                        + "}} is unknown: it may have {{.PodCIDR}}, {{.Ranges}} and {{.Routes}}");
        };
    }
}
