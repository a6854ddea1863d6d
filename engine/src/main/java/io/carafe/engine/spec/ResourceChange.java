package io.carafe.engine.spec;

import io.carafe.engine.model.Resources;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.LinuxResources.DeviceRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How limits follow one another: in a change, zero and empty leave a part as it is. */
final class ResourceChange {

    private ResourceChange() {}

    static Resources merge(Resources current, Resources change) {
        return new Resources(
                or(change.cpuPeriod(), current.cpuPeriod()),
                or(change.cpuQuota(), current.cpuQuota()),
                or(change.cpuShares(), current.cpuShares()),
                or(change.memoryLimit(), current.memoryLimit()),
                or(change.memorySwapLimit(), current.memorySwapLimit()),
                change.oomScoreAdj() == null ? current.oomScoreAdj() : change.oomScoreAdj(),
                change.cpusetCpus().isEmpty() ? current.cpusetCpus() : change.cpusetCpus(),
                change.cpusetMems().isEmpty() ? current.cpusetMems() : change.cpusetMems(),
                hugepages(current.hugepageLimits(), change.hugepageLimits()),
                joined(current.unified(), change.unified()));
    }

    /** The change with what the kernel wants written together: memory with swap, quota with period. */
    static Resources toWrite(Resources current, Resources change) {
        var merged = merge(current, change);
        boolean memory = change.memoryLimit() != 0 || change.memorySwapLimit() != 0;
        boolean bandwidth = change.cpuQuota() != 0 || change.cpuPeriod() != 0;
        return new Resources(
                bandwidth ? merged.cpuPeriod() : 0,
                bandwidth ? merged.cpuQuota() : 0,
                change.cpuShares(),
                memory ? merged.memoryLimit() : 0,
                memory ? merged.memorySwapLimit() : 0,
                null,
                change.cpusetCpus(),
                change.cpusetMems(),
                change.hugepageLimits(),
                change.unified());
    }

    static Resources withOomScoreAdj(Resources resources, Long score) {
        return new Resources(
                resources.cpuPeriod(),
                resources.cpuQuota(),
                resources.cpuShares(),
                resources.memoryLimit(),
                resources.memorySwapLimit(),
                score,
                resources.cpusetCpus(),
                resources.cpusetMems(),
                resources.hugepageLimits(),
                resources.unified());
    }

    static LinuxResources withDevices(LinuxResources limits, List<DeviceRule> rules) {
        return new LinuxResources(
                rules,
                limits.memory(),
                limits.cpu(),
                limits.pids(),
                limits.blockIO(),
                limits.hugepageLimits(),
                limits.network(),
                limits.rdma(),
                limits.unified());
    }

    private static long or(long changed, long current) {
        return changed == 0 ? current : changed;
    }

    private static List<Resources.HugepageLimit> hugepages(
            List<Resources.HugepageLimit> current, List<Resources.HugepageLimit> change) {
        var byChange = change.stream().map(Resources.HugepageLimit::pageSize).collect(Collectors.toSet());
        var kept = current.stream().filter(limit -> !byChange.contains(limit.pageSize()));
        return Stream.concat(kept, change.stream()).toList();
    }

    private static Map<String, String> joined(Map<String, String> current, Map<String, String> change) {
        var all = new LinkedHashMap<>(current);
        all.putAll(change);
        return Map.copyOf(all);
    }
}
