package io.carafe.engine.spec;

import io.carafe.engine.model.PodConfig;
import io.carafe.runtime.RuntimeHandlers.Handler;
import java.util.Map;
import java.util.TreeMap;

/**
 * What sandboxed runtimes are told beside the specification: containerd's {@code io.kubernetes.cri.*}, by which gVisor and
 * Kata tie a pod together. A user's own annotations are passed on only if the handler's configuration allows it: runtimes
 * take some as orders ({@code org.systemd.property.*}, {@code run.oci.*}, {@code org.criu.config}), and those are not
 * everybody's to give. A container's counts before its pod's.
 */
final class Annotations {

    private static final String PREFIX = "io.kubernetes.cri.";

    private Annotations() {}

    static Map<String, String> of(SpecRequest request) {
        var all = allowed(request.pod().annotations(), request.handler());
        all.putAll(allowed(request.container().annotations(), request.handler()));
        all.putAll(request.cgroupAnnotations());
        all.put(PREFIX + "container-type", "container");
        all.put(PREFIX + "container-name", request.container().name().name());
        all.put(PREFIX + "image-name", request.imageName());
        addPod(all, request.podId(), request.pod());
        return all;
    }

    /** Those of a pod that is a container of its runtime. */
    static Map<String, String> ofSandbox(String podId, PodConfig pod, Handler handler) {
        var all = allowed(pod.annotations(), handler);
        all.put(PREFIX + "container-type", "sandbox");
        addPod(all, podId, pod);
        return all;
    }

    private static void addPod(Map<String, String> all, String podId, PodConfig pod) {
        all.put(PREFIX + "sandbox-id", podId);
        all.put(PREFIX + "sandbox-name", pod.name().name());
        all.put(PREFIX + "sandbox-namespace", pod.name().namespace());
        all.put(PREFIX + "sandbox-uid", pod.name().uid());
    }

    private static Map<String, String> allowed(Map<String, String> annotations, Handler handler) {
        var passed = new TreeMap<>(annotations);
        passed.keySet().removeIf(name -> !handler.allows(name));
        return passed;
    }
}
