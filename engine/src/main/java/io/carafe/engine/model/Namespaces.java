package io.carafe.engine.model;

/**
 * Whose namespaces a process lives in.
 *
 * @param targetId container whose pid namespace is joined when {@code pid} is TARGET; empty otherwise
 * @param user null for the node's user namespace
 */
public record Namespaces(Mode network, Mode pid, Mode ipc, String targetId, UserNamespace user) {

    public enum Mode {
        /** Shared by the pod. */
        POD,
        /** The container's own. */
        CONTAINER,
        /** The host's. */
        NODE,
        /** That of another container. */
        TARGET
    }
}
