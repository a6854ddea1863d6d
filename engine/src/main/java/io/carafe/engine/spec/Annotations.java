package io.carafe.engine.spec;

import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.PodConfig;
import java.util.Map;
import java.util.TreeMap;

/**
 * What sandboxed runtimes are told beside the specification: containerd's {@code io.kubernetes.cri.*}, by which gVisor and
 * Kata tie a pod together. A user's own annotations are not passed on: runtimes take some as orders
 * ({@code org.systemd.property.*}, {@code run.oci.*}, {@code org.criu.config}), and those are not the user's to give.
 */
final class Annotations {

    private static final String PREFIX = "io.kubernetes.cri.";

    private Annotations() {}

    static Map<String, String> of(SpecRequest request) {
        PodConfig pod = request.pod();
        ContainerConfig container = request.container();
        var all = new TreeMap<String, String>();
        all.put(PREFIX + "container-type", "container");
        all.put(PREFIX + "container-name", container.name().name());
        all.put(PREFIX + "image-name", request.imageName());
        all.put(PREFIX + "sandbox-id", request.podId());
        all.put(PREFIX + "sandbox-name", pod.name().name());
        all.put(PREFIX + "sandbox-namespace", pod.name().namespace());
        all.put(PREFIX + "sandbox-uid", pod.name().uid());
        return all;
    }
}
