package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.linux.process.IdMap;
import java.util.List;
import java.util.Objects;

/** What follows from the security settings of a pod and a container taken together. */
final class Security {

    static final SecurityConfig NONE = new SecurityConfig(
            null, false, null, null, "", List.of(), false, false, false, null, null, null, null, null, null);
    private static final Namespaces SHARED =
            new Namespaces(Namespaces.Mode.POD, Namespaces.Mode.CONTAINER, Namespaces.Mode.POD, "", null);

    private Security() {}

    static SecurityConfig of(ContainerConfig container) {
        return container.security() == null ? NONE : container.security();
    }

    static SecurityConfig of(PodConfig pod) {
        return pod.security() == null ? NONE : pod.security();
    }

    static Namespaces namespaces(SecurityConfig security) {
        return security.namespaces() == null ? SHARED : security.namespaces();
    }

    static boolean hostNetwork(PodConfig pod) {
        return namespaces(of(pod)).network() == Namespaces.Mode.NODE;
    }

    static boolean hostIpc(PodConfig pod) {
        return namespaces(of(pod)).ipc() == Namespaces.Mode.NODE;
    }

    /** The ids of the pod's user namespace; null if it lives in the node's. */
    static IdMap ids(PodConfig pod) {
        var chosen = namespaces(of(pod)).user();
        return chosen == null ? null : chosen.ids();
    }

    /** In a user namespace nobody may mount what shows the node's processes or message queues. */
    static void checkUserNamespace(PodConfig pod) {
        if (ids(pod) != null && (hostIpc(pod) || namespaces(of(pod)).pid() == Namespaces.Mode.NODE)) {
            throw new CarafeException.InvalidArgument("pod " + pod.name()
                    + " has a user namespace and cannot have the host's IPC or pid namespace as well");
        }
    }

    /** A container lives in its pod's user namespace; the CRI has it say so once more. */
    private static void checkUserNamespace(PodConfig pod, ContainerConfig container) {
        var own = namespaces(of(container));
        if (!Objects.equals(own.user(), namespaces(of(pod)).user())) {
            throw new CarafeException.InvalidArgument("container "
                    + container.name().name() + ": its userns_options are not those of its pod " + pod.name());
        }
        if (own.user() != null && own.pid() == Namespaces.Mode.NODE) {
            throw new CarafeException.InvalidArgument("container "
                    + container.name().name() + " is in a user namespace and cannot have the host's pid namespace");
        }
    }

    /** Refuses what no later step could make good. */
    static void check(PodConfig pod, ContainerConfig container) {
        var security = of(container);
        if (security.privileged() && !of(pod).privileged()) {
            throw new CarafeException.InvalidArgument("container "
                    + container.name().name() + " is privileged, but its pod " + pod.name() + " does not allow it");
        }
        checkUserNamespace(pod, container);
    }
}
