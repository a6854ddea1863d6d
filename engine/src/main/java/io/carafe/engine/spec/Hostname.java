package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.PodConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a pod calls itself. */
public final class Hostname {

    /** {@code __NEW_UTS_LEN} of the kernel. */
    private static final int LONGEST = 64;

    private Hostname() {}

    /** The name asked for, or the node's for a pod in the host's network, or the start of the pod's id. */
    public static String of(String podId, PodConfig pod) {
        if (Security.hostNetwork(pod)) {
            return ofNode();
        }
        var name = pod.hostname();
        if (name.isEmpty()) {
            return podId.substring(0, Math.min(12, podId.length()));
        }
        if (name.length() > LONGEST || !name.matches("[A-Za-z0-9_.-]+")) {
            throw new CarafeException.InvalidArgument("hostname \"" + name + "\": expected up to " + LONGEST
                    + " letters, digits, dots, dashes and underscores");
        }
        return name;
    }

    /** What config.json says: nothing where the container would rename the node. */
    static String specified(SpecRequest request) {
        return request.place().uts() == null && !request.handler().sandboxed()
                ? null
                : of(request.podId(), request.pod());
    }

    private static String ofNode() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            throw new CarafeException.Internal("read the node's hostname: " + e.getMessage(), e);
        }
    }
}
