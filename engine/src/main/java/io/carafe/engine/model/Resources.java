package io.carafe.engine.model;

import java.util.List;
import java.util.Map;

/**
 * Limits on Linux. Zero and empty mean "not set", as in the CRI; a field that is not set is left as it is by an update.
 *
 * @param cpuPeriod microseconds
 * @param cpuQuota microseconds per period; negative for no limit
 * @param cpuShares relative weight, as cgroup v1 counts
 * @param memoryLimit bytes
 * @param memorySwapLimit memory and swap together, bytes; −1 for no limit
 * @param oomScoreAdj −1000 to 1000, or null if not given
 * @param cpusetCpus list such as {@code 0-3,7}
 * @param hugepageLimits bytes by page size ({@code 2MB})
 * @param unified cgroup v2 files and what to write to them
 */
public record Resources(
        long cpuPeriod,
        long cpuQuota,
        long cpuShares,
        long memoryLimit,
        long memorySwapLimit,
        Long oomScoreAdj,
        String cpusetCpus,
        String cpusetMems,
        List<HugepageLimit> hugepageLimits,
        Map<String, String> unified) {

    public static final Resources NONE = new Resources(0, 0, 0, 0, 0, null, "", "", List.of(), Map.of());

    public record HugepageLimit(String pageSize, long bytes) {}
}
