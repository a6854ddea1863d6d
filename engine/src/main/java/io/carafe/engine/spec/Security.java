package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.SecurityConfig;
import java.util.List;

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

    /** Refuses what no later step could make good. */
    static void check(PodConfig pod, ContainerConfig container) {
        var security = of(container);
        if (security.privileged() && !of(pod).privileged()) {
            throw new CarafeException.InvalidArgument("container "
                    + container.name().name() + " is privileged, but its pod " + pod.name() + " does not allow it");
        }
        if (namespaces(security).user() != null || namespaces(of(pod)).user() != null) {
            throw new CarafeException.Unimplemented("user namespaces are not supported yet");
        }
        if (!container.cdiDevices().isEmpty()) {
            throw new CarafeException.Unimplemented(
                    "CDI devices are not supported yet: asked for " + String.join(", ", container.cdiDevices()));
        }
    }
}
