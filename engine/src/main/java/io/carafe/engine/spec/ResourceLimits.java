package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.Resources;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.LinuxResources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Limits of a request as limits of the runtime specification. What this node cannot enforce is an error or, where it makes
 * no difference, left out.
 */
final class ResourceLimits {

    private static final Pattern CPUS = Pattern.compile("[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*");
    private static final Pattern CGROUP_FILE = Pattern.compile("[a-z][a-z0-9_]*(\\.[A-Za-z0-9_]+)+");
    private static final long LEAST_PERIOD = 1_000;
    private static final long MOST_PERIOD = 1_000_000;
    /** The kernel's bounds for cpu.shares; what is outside, it clamps itself. */
    private static final long LEAST_SHARES = 2;

    private static final long MOST_SHARES = 262_144;

    private final HostFacts host;

    ResourceLimits(HostFacts host) {
        this.host = host;
    }

    /** Without device rules. */
    LinuxResources of(Resources wanted) {
        return new LinuxResources(
                List.of(), memory(wanted), cpu(wanted), null, null, hugepages(wanted), null, Map.of(), unified(wanted));
    }

    /** Of a pod, which says nothing about swap unless it is asked: its containers do. */
    LinuxResources ofPod(Resources wanted) {
        var limits = of(wanted);
        if (limits.memory() == null || wanted.memorySwapLimit() != 0) {
            return limits;
        }
        var memory = new LinuxResources.Memory(limits.memory().limit(), null, null, null, null, null, null, null, null);
        return new LinuxResources(
                List.of(), memory, limits.cpu(), null, null, limits.hugepageLimits(), null, Map.of(), limits.unified());
    }

    private LinuxResources.Memory memory(Resources wanted) {
        Long limit = wanted.memoryLimit() == 0 ? null : bytes(wanted.memoryLimit(), "memory limit");
        Long swap = swap(wanted);
        return limit == null && swap == null
                ? null
                : new LinuxResources.Memory(limit, null, swap, null, null, null, null, null, null);
    }

    /** Without a wish of its own a container with a memory limit does not swap, as with the peers. */
    private Long swap(Resources wanted) {
        long swap = wanted.memorySwapLimit() == 0 ? wanted.memoryLimit() : wanted.memorySwapLimit();
        if (swap == 0) {
            return null;
        }
        bytes(swap, "memory and swap limit");
        if (swap != -1 && wanted.memoryLimit() > 0 && swap < wanted.memoryLimit()) {
            throw new CarafeException.InvalidArgument("memory and swap limit " + swap + " is below the memory limit "
                    + wanted.memoryLimit() + ": it counts both together");
        }
        if (host.swapAccounting()) {
            return swap;
        }
        if (host.swapBytes() > 0 && wanted.memorySwapLimit() != 0) {
            host.warnOnce("this kernel does not account swap: swap limits of containers have no effect");
        }
        return null;
    }

    private static Long bytes(long value, String what) {
        if (value < -1) {
            throw new CarafeException.InvalidArgument(what + " " + value + " is negative");
        }
        return value;
    }

    private LinuxResources.Cpu cpu(Resources wanted) {
        var cpu = new LinuxResources.Cpu(
                wanted.cpuShares() == 0 ? null : shares(wanted.cpuShares()),
                wanted.cpuQuota() == 0 ? null : quota(wanted.cpuQuota()),
                null,
                wanted.cpuPeriod() == 0 ? null : period(wanted.cpuPeriod()),
                null,
                null,
                list(wanted.cpusetCpus(), "cpuset_cpus"),
                list(wanted.cpusetMems(), "cpuset_mems"),
                null);
        return cpu.equals(new LinuxResources.Cpu(null, null, null, null, null, null, null, null, null)) ? null : cpu;
    }

    private static Long shares(long shares) {
        if (shares < 0) {
            throw new CarafeException.InvalidArgument("cpu_shares " + shares + " is negative");
        }
        return Math.clamp(shares, LEAST_SHARES, MOST_SHARES);
    }

    private static Long quota(long quota) {
        if (quota > 0 && quota < LEAST_PERIOD) {
            throw new CarafeException.InvalidArgument(
                    "cpu_quota " + quota + " µs is too small: the kernel's least is " + LEAST_PERIOD);
        }
        return Math.max(-1, quota);
    }

    private static Long period(long period) {
        if (period < LEAST_PERIOD || period > MOST_PERIOD) {
            throw new CarafeException.InvalidArgument(
                    "cpu_period " + period + " µs is not within " + LEAST_PERIOD + " and " + MOST_PERIOD);
        }
        return period;
    }

    private static String list(String value, String what) {
        if (value.isEmpty()) {
            return null;
        }
        if (!CPUS.matcher(value).matches()) {
            throw new CarafeException.InvalidArgument(what + " \"" + value + "\" is not a list such as 0-3,7");
        }
        return value;
    }

    /** The kubelet names every size of the node, mostly with a limit of nothing. */
    private List<LinuxResources.HugepageLimit> hugepages(Resources wanted) {
        var limits = new ArrayList<LinuxResources.HugepageLimit>();
        for (var limit : wanted.hugepageLimits()) {
            var checked = new LinuxResources.HugepageLimit(limit.pageSize(), limit.bytes());
            if (host.hugepageSizes().contains(limit.pageSize())) {
                limits.add(checked);
            } else if (limit.bytes() != 0) {
                throw new CarafeException.FailedPrecondition("huge pages of " + limit.pageSize()
                        + " cannot be limited on this node: "
                        + (host.hugepageSizes().isEmpty()
                                ? "there is no hugetlb cgroup controller"
                                : "its sizes are " + String.join(", ", host.hugepageSizes())));
            }
        }
        return limits;
    }

    private Map<String, String> unified(Resources wanted) {
        if (wanted.unified().isEmpty()) {
            return Map.of();
        }
        if (host.cgroups() != CgroupLayout.Mode.V2) {
            throw new CarafeException.FailedPrecondition("unified resources ("
                    + String.join(", ", new TreeMap<>(wanted.unified()).keySet())
                    + ") need cgroup v2, and this node's controllers are v1");
        }
        wanted.unified().forEach((file, content) -> {
            if (!CGROUP_FILE.matcher(file).matches() || content.length() > 4096) {
                throw new CarafeException.InvalidArgument("unified resource \"" + file + "\" is not a cgroup file");
            }
        });
        return new TreeMap<>(wanted.unified());
    }
}
