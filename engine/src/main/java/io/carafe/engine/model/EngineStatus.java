package io.carafe.engine.model;

import java.util.List;

/**
 * Whether the node can run pods, and with what.
 *
 * @param handlers the default one first
 */
public record EngineStatus(Condition runtime, Condition network, List<Handler> handlers) {

    /**
     * @param reason one CamelCase word; empty when ready
     * @param message for people; empty when ready
     */
    public record Condition(boolean ready, String reason, String message) {
        public static final Condition READY = new Condition(true, "", "");
    }

    /**
     * A way to run pods that can be asked for by name; the features are what its runtime said of itself.
     *
     * @param problem why it cannot be used, empty if it can
     */
    public record Handler(
            String name, boolean isDefault, boolean recursiveReadonlyMounts, boolean userNamespaces, String problem) {}
}
