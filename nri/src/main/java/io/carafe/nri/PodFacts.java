package io.carafe.nri;

import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources;
import java.util.List;
import java.util.Map;

/**
 * What plugins are told of a pod.
 *
 * @param runtimeHandler name of the runtime handler, never empty
 * @param cgroupParent parent of its containers' cgroups as the pod's caller gave it, or else as it was made
 * @param cgroup the pod's own cgroup, which Carafe gives its containers as their parent
 * @param namespaces those pinned for its containers
 * @param pid first process, in a pod that shares its pid namespace; otherwise 0
 * @param ips primary first
 * @param overhead limits of the sandbox itself, as {@code resources}: null if none were given
 * @param resources limits of all containers together
 */
public record PodFacts(
        String id,
        String name,
        String uid,
        String namespace,
        Map<String, String> labels,
        Map<String, String> annotations,
        String runtimeHandler,
        String cgroupParent,
        String cgroup,
        List<Linux.Namespace> namespaces,
        int pid,
        List<String> ips,
        LinuxResources overhead,
        LinuxResources resources) {}
