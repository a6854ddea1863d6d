package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.ProcessSpec.Rlimit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What this node and this process can give a container. Read once at start.
 *
 * @param architecture in the words of GOARCH
 * @param kernel major and minor version
 * @param capabilities what this process may pass on
 * @param oomScoreAdj of this process: the least a container can get without CAP_SYS_RESOURCE
 * @param hardLimits of this process, −1 for none: the most a container can get without CAP_SYS_RESOURCE
 * @param cgroups how cgroups are mounted
 * @param swapAccounting whether memory and swap together can be limited
 * @param swapBytes size of the node's swap
 * @param hugepageSizes sizes that can be limited, such as {@code 2MB}; empty without the hugetlb controller
 * @param heatCounters directories in which each CPU counts how often it got too hot, which tells what others compute
 */
public record HostFacts(
        String architecture,
        Kernel kernel,
        Set<Capability> capabilities,
        long oomScoreAdj,
        Map<Rlimit.Type, Long> hardLimits,
        CgroupLayout.Mode cgroups,
        boolean swapAccounting,
        long swapBytes,
        Set<String> hugepageSizes,
        boolean seccomp,
        boolean apparmor,
        boolean selinux,
        List<String> heatCounters) {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    /** What has been said in the log already: a node's lack is told once, not with every container. */
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    /** Version of the kernel. */
    public record Kernel(int major, int minor) {
        boolean atLeast(int wantedMajor, int wantedMinor) {
            return major > wantedMajor || (major == wantedMajor && minor >= wantedMinor);
        }
    }

    /** Asks the kernel. */
    public static HostFacts probe() {
        try {
            return new HostProbe(Path.of("/"), CgroupLayout.detect()).read();
        } catch (IOException e) {
            throw new CarafeException.Internal("read facts of the node from /proc and /sys: " + e.getMessage(), e);
        }
    }

    boolean mayRaiseLimits() {
        return capabilities.contains(Capability.CAP_SYS_RESOURCE);
    }

    /** Takes away what this process has not got itself and could not pass on. */
    void clampCapabilities(Set<Capability> wanted) {
        var missing = EnumSet.noneOf(Capability.class);
        missing.addAll(wanted);
        missing.removeAll(capabilities);
        wanted.removeAll(missing);
        for (var capability : missing) {
            warnOnce(capability + " is not in the bounding set of this daemon: no container gets it");
        }
    }

    /** What the kernel permits of an OOM score that was asked for. */
    int permittedOomScoreAdj(long wanted) {
        if (wanted < -1000 || wanted > 1000) {
            throw new CarafeException.InvalidArgument("oom_score_adj " + wanted + " is not within -1000 and 1000");
        }
        if (wanted < oomScoreAdj && !mayRaiseLimits()) {
            warnOnce("oom_score_adj " + wanted + " needs CAP_SYS_RESOURCE: containers get " + oomScoreAdj
                    + " instead of anything lower");
            return (int) oomScoreAdj;
        }
        return (int) wanted;
    }

    /** What the kernel permits of an rlimit that was asked for. */
    Rlimit permitted(Rlimit wanted) {
        long hardest = hardLimits.getOrDefault(wanted.type(), -1L);
        if (mayRaiseLimits() || Long.compareUnsigned(wanted.hard(), hardest) <= 0) {
            return wanted;
        }
        warnOnce("a hard limit of " + Long.toUnsignedString(wanted.hard()) + " for " + wanted.type()
                + " needs CAP_SYS_RESOURCE: containers get at most " + Long.toUnsignedString(hardest));
        long soft = Long.compareUnsigned(wanted.soft(), hardest) <= 0 ? wanted.soft() : hardest;
        return new Rlimit(wanted.type(), hardest, soft);
    }

    void warnOnce(String message) {
        if (SAID.size() < 1000 && SAID.add(message)) {
            LOG.log(System.Logger.Level.WARNING, message);
        }
    }
}
