package io.carafe.engine.model;

import java.util.List;
import java.util.Map;

/**
 * What a caller asks of a pod.
 *
 * @param hostname empty for none of its own
 * @param logDirectory absolute directory that container log paths are relative to; empty for none
 * @param dns null to use the host's resolv.conf
 * @param cgroupParent the pod's cgroup, made by the caller or not; empty to have one made under the daemon's parent
 * @param runtimeHandler empty for the default
 * @param resources limits of the whole pod, null if not given
 * @param overhead what the sandbox itself may use, null if not given
 */
public record PodConfig(
        PodName name,
        String hostname,
        String logDirectory,
        DnsConfig dns,
        List<PortMapping> portMappings,
        Map<String, String> labels,
        Map<String, String> annotations,
        String cgroupParent,
        Map<String, String> sysctls,
        SecurityConfig security,
        String runtimeHandler,
        Resources resources,
        Resources overhead) {

    /** The same with other limits of the whole pod; null leaves one as it is. */
    public PodConfig withLimits(Resources newResources, Resources newOverhead) {
        return new PodConfig(
                name,
                hostname,
                logDirectory,
                dns,
                portMappings,
                labels,
                annotations,
                cgroupParent,
                sysctls,
                security,
                runtimeHandler,
                newResources == null ? resources : newResources,
                newOverhead == null ? overhead : newOverhead);
    }

    /** Lists as in resolv.conf(5). */
    public record DnsConfig(List<String> servers, List<String> searches, List<String> options) {}

    /**
     * A port of the host that leads into the pod.
     *
     * @param hostPort 0 if none is wanted
     * @param hostIp empty for every address
     */
    public record PortMapping(Protocol protocol, int containerPort, int hostPort, String hostIp) {
        public enum Protocol {
            TCP,
            UDP,
            SCTP
        }
    }
}
