package io.carafe.nri.adjust;

import io.carafe.oci.runtime.LinuxResources;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Limits laid over others: what is null leaves the one below. */
public final class ResourceOverlay {

    public static final LinuxResources NONE =
            new LinuxResources(List.of(), null, null, null, null, List.of(), null, Map.of(), Map.of());

    private ResourceOverlay() {}

    /** Rules of devices add up, later ones win; the rest is replaced part by part. */
    public static LinuxResources of(LinuxResources below, LinuxResources above) {
        return new LinuxResources(
                Stream.concat(below.devices().stream(), above.devices().stream())
                        .toList(),
                memory(below.memory(), above.memory()),
                cpu(below.cpu(), above.cpu()),
                or(above.pids(), below.pids()),
                or(above.blockIO(), below.blockIO()),
                hugepages(below.hugepageLimits(), above.hugepageLimits()),
                or(above.network(), below.network()),
                joined(below.rdma(), above.rdma()),
                joined(below.unified(), above.unified()));
    }

    private static LinuxResources.Memory memory(LinuxResources.Memory below, LinuxResources.Memory above) {
        if (below == null || above == null) {
            return or(above, below);
        }
        return new LinuxResources.Memory(
                or(above.limit(), below.limit()),
                or(above.reservation(), below.reservation()),
                swap(below, above),
                or(above.kernel(), below.kernel()),
                or(above.kernelTCP(), below.kernelTCP()),
                or(above.swappiness(), below.swappiness()),
                or(above.disableOOMKiller(), below.disableOOMKiller()),
                or(above.useHierarchy(), below.useHierarchy()),
                or(above.checkBeforeUpdate(), below.checkBeforeUpdate()));
    }

    /** Memory and swap are limited together: a container that could not swap still cannot. */
    private static Long swap(LinuxResources.Memory below, LinuxResources.Memory above) {
        boolean noSwap = below.swap() != null && below.swap().equals(below.limit());
        return above.swap() == null && above.limit() != null && noSwap ? above.limit() : or(above.swap(), below.swap());
    }

    private static LinuxResources.Cpu cpu(LinuxResources.Cpu below, LinuxResources.Cpu above) {
        if (below == null || above == null) {
            return or(above, below);
        }
        return new LinuxResources.Cpu(
                or(above.shares(), below.shares()),
                or(above.quota(), below.quota()),
                or(above.burst(), below.burst()),
                or(above.period(), below.period()),
                or(above.realtimeRuntime(), below.realtimeRuntime()),
                or(above.realtimePeriod(), below.realtimePeriod()),
                or(above.cpus(), below.cpus()),
                or(above.mems(), below.mems()),
                or(above.idle(), below.idle()));
    }

    private static List<LinuxResources.HugepageLimit> hugepages(
            List<LinuxResources.HugepageLimit> below, List<LinuxResources.HugepageLimit> above) {
        var sizes = above.stream().map(LinuxResources.HugepageLimit::pageSize).collect(Collectors.toSet());
        var kept = below.stream().filter(limit -> !sizes.contains(limit.pageSize()));
        return Stream.concat(kept, above.stream()).toList();
    }

    private static <V> Map<String, V> joined(Map<String, V> below, Map<String, V> above) {
        var all = new LinkedHashMap<>(below);
        all.putAll(above);
        return all;
    }

    private static <T> T or(T value, T otherwise) {
        return value == null ? otherwise : value;
    }
}
