package io.carafe.nri.message;

import io.carafe.nri.PodFacts;
import io.carafe.nri.api.LinuxNamespace;
import io.carafe.nri.api.LinuxPodSandbox;
import io.carafe.nri.api.PodSandbox;
import io.carafe.oci.runtime.Linux;
import java.util.List;
import java.util.Locale;

/** Pods as plugins are told of them. */
public final class PodMessages {

    private PodMessages() {}

    public static PodSandbox of(PodFacts pod) {
        var linux = LinuxPodSandbox.newBuilder()
                .setCgroupParent(pod.cgroupParent())
                .setCgroupsPath(pod.cgroup())
                .addAllNamespaces(namespaces(pod.namespaces()));
        if (pod.overhead() != null) {
            linux.setPodOverhead(ResourceMessages.of(pod.overhead()));
        }
        if (pod.resources() != null) {
            linux.setPodResources(ResourceMessages.of(pod.resources()));
        }
        return PodSandbox.newBuilder()
                .setId(pod.id())
                .setName(pod.name())
                .setUid(pod.uid())
                .setNamespace(pod.namespace())
                .putAllLabels(pod.labels())
                .putAllAnnotations(pod.annotations())
                .setRuntimeHandler(pod.runtimeHandler())
                .setLinux(linux)
                .setPid(pod.pid())
                .addAllIps(pod.ips())
                .build();
    }

    static List<LinuxNamespace> namespaces(List<Linux.Namespace> namespaces) {
        return namespaces.stream()
                .map(namespace -> LinuxNamespace.newBuilder()
                        .setType(namespace.type().name().toLowerCase(Locale.ROOT))
                        .setPath(namespace.path() == null ? "" : namespace.path())
                        .build())
                .toList();
    }
}
