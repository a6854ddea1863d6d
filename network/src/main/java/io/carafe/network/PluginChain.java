package io.carafe.network;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.Internal;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.base.Deadline;
import io.carafe.network.NetworkConfig.Plugin;
import java.util.Collection;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** The plugins of one network, run as a list: each ADD hands its result to the next (CNI specification, section 3). */
record PluginChain(Plugins programs, NetworkConfig network) {

    private static final String RESULT_BEFORE = "prevResult";

    /** @throws CarafeException.FailedPrecondition if one of the plugins is not on this node */
    void requirePlugins() {
        network.plugins().forEach(plugin -> programs.find(network.name(), plugin.type()));
    }

    /**
     * Attaches; a failure leaves the plugins that ran before it undone.
     *
     * @return the last plugin's result as it printed it
     */
    ObjectNode add(Request request, Deadline deadline) {
        ObjectNode result = null;
        for (var plugin : network.plugins()) {
            var configuration = configuration(plugin, request, Optional.ofNullable(result));
            var printed = programs.run(network.name(), plugin.type(), request.call("ADD"), configuration, deadline);
            result = parsed(plugin, printed);
        }
        return result;
    }

    /** Undoes in reverse. A plugin that fails does not keep the others from freeing what they hold. */
    void del(Request request, Optional<ObjectNode> result, Deadline deadline) {
        CarafeException first = null;
        for (var plugin : network.plugins().reversed()) {
            try {
                var configuration = configuration(
                        plugin, request, result.filter(_ -> network.version().atLeast(SpecVersion.WITH_CHECK)));
                programs.run(network.name(), plugin.type(), request.call("DEL"), configuration, deadline);
            } catch (CarafeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    void check(Request request, ObjectNode result, Deadline deadline) {
        for (var plugin : network.plugins()) {
            var configuration = configuration(plugin, request, Optional.of(result));
            programs.run(network.name(), plugin.type(), request.call("CHECK"), configuration, deadline);
        }
    }

    /** Fails if one of the plugins could not attach a pod now. */
    void status(Deadline deadline) {
        for (var plugin : network.plugins()) {
            var configuration = CniJson.bytes(base(plugin));
            programs.run(network.name(), plugin.type(), Plugins.Call.of("STATUS"), configuration, deadline);
        }
    }

    /** Lets each plugin free what belongs to no attachment in {@code valid}; all are asked, even if one fails. */
    void gc(Collection<Attachment.Key> valid, Deadline deadline) {
        CarafeException first = null;
        for (var plugin : network.plugins()) {
            var configuration = base(plugin);
            // the specification's key, and the one that plugins before its correction look for
            for (var key : new String[] {"cni.dev/valid-attachments", "cni.dev/attachments"}) {
                var list = configuration.putArray(key);
                valid.forEach(attachment -> list.addObject()
                        .put("containerID", attachment.containerId())
                        .put("ifname", attachment.ifName()));
            }
            try {
                programs.run(
                        network.name(), plugin.type(), Plugins.Call.of("GC"), CniJson.bytes(configuration), deadline);
            } catch (CarafeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private byte[] configuration(Plugin plugin, Request request, Optional<ObjectNode> resultBefore) {
        var configuration = base(plugin);
        var capabilities = request.capabilities(plugin.capabilities());
        if (!capabilities.isEmpty()) {
            configuration.set("runtimeConfig", capabilities);
        }
        resultBefore.ifPresent(result -> configuration.set(RESULT_BEFORE, result));
        return CniJson.bytes(configuration);
    }

    private ObjectNode base(Plugin plugin) {
        var configuration = plugin.conf().deepCopy();
        configuration.put("name", network.name());
        configuration.put("cniVersion", network.version().toString());
        return configuration;
    }

    private ObjectNode parsed(Plugin plugin, String printed) {
        try {
            var result = CniJson.object(printed);
            if (CniJson.string(result, "cniVersion").isEmpty()) {
                result.put("cniVersion", network.version().toString());
            }
            ResultParser.parse(network.name(), result); // the next plugin must not be the one to trip over it
            return result;
        } catch (InvalidArgument e) {
            throw new Internal(
                    "network " + network.name() + ": plugin " + plugin.type() + " ADD: its result is wrong: "
                            + e.getMessage(),
                    e);
        }
    }
}
