package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/**
 * An attachment in the words of the protocol, as it is passed to plugins and kept in the cache.
 *
 * @param netns empty if the namespace is gone
 * @param arguments CNI_ARGS in order
 * @param capabilities arguments by capability
 */
record Request(
        String containerId,
        String netns,
        String ifName,
        List<Map.Entry<String, String>> arguments,
        ObjectNode capabilities) {

    static Request of(Attachment attachment) {
        return new Request(
                attachment.containerId(),
                attachment.netns().toString(),
                attachment.ifName(),
                arguments(attachment),
                capabilities(attachment.options()));
    }

    Request withNetns(String path) {
        return new Request(containerId, path, ifName, arguments, capabilities);
    }

    Attachment.Key key() {
        return new Attachment.Key(containerId, ifName);
    }

    Plugins.Call call(String command) {
        var args = arguments.stream()
                .map(arg -> arg.getKey() + "=" + arg.getValue())
                .collect(Collectors.joining(";"));
        return new Plugins.Call(command, containerId, netns, ifName, args);
    }

    /** The ports of the node, as they were asked for; an entry that was tampered with has none. */
    List<PortMapping> portMappings() {
        try {
            return capabilities
                    .path("portMappings")
                    .valueStream()
                    .map(node -> new PortMapping(
                            PortMapping.Protocol.valueOf(
                                    CniJson.string(node, "protocol").toUpperCase(Locale.ROOT)),
                            node.path("hostPort").intValue(0),
                            node.path("containerPort").intValue(0),
                            CniJson.string(node, "hostIP")))
                    .toList();
        } catch (InvalidArgument | IllegalArgumentException e) {
            return List.of();
        }
    }

    /** The arguments for a plugin that declares {@code wanted}. */
    ObjectNode capabilities(Set<String> wanted) {
        var chosen = CniJson.MAPPER.createObjectNode();
        capabilities.properties().forEach(entry -> {
            if (wanted.contains(entry.getKey())) {
                chosen.set(entry.getKey(), entry.getValue());
            }
        });
        return chosen;
    }

    private static List<Map.Entry<String, String>> arguments(Attachment attachment) {
        var pod = attachment.pod();
        return List.of(
                Map.entry("IgnoreUnknown", "1"),
                Map.entry("K8S_POD_NAMESPACE", pod.namespace()),
                Map.entry("K8S_POD_NAME", pod.name()),
                Map.entry("K8S_POD_INFRA_CONTAINER_ID", attachment.containerId()),
                Map.entry("K8S_POD_UID", pod.uid()));
    }

    /** As the conventions document of CNI spells them. */
    private static ObjectNode capabilities(Attachment.Options options) {
        var all = CniJson.MAPPER.createObjectNode();
        if (!options.portMappings().isEmpty()) {
            var list = all.putArray("portMappings");
            for (var mapping : options.portMappings()) {
                var one = list.addObject();
                one.put("hostPort", mapping.hostPort());
                one.put("containerPort", mapping.containerPort());
                one.put("protocol", mapping.protocol().wireName());
                if (!mapping.hostIp().isEmpty()) {
                    one.put("hostIP", mapping.hostIp());
                }
            }
        }
        options.bandwidth()
                .ifPresent(limits -> all.putObject("bandwidth")
                        .put("ingressRate", limits.ingressRate())
                        .put("ingressBurst", limits.ingressBurst())
                        .put("egressRate", limits.egressRate())
                        .put("egressBurst", limits.egressBurst()));
        options.dns().ifPresent(dns -> {
            var object = all.putObject("dns");
            putAll(object, "servers", dns.nameservers());
            putAll(object, "searches", dns.search());
            putAll(object, "options", dns.options());
        });
        options.mac().ifPresent(mac -> all.put("mac", mac));
        putAll(all, "ips", options.ips());
        putAll(all, "aliases", options.aliases());
        return all;
    }

    private static void putAll(ObjectNode object, String key, List<String> values) {
        if (!values.isEmpty()) {
            var array = object.putArray(key);
            values.forEach(array::add);
        }
    }
}
