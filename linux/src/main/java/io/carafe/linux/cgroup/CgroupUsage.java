package io.carafe.linux.cgroup;

import io.carafe.linux.cgroup.CgroupStats.Pressures;

/**
 * The few numbers of a cgroup that are asked for all the time; {@link CgroupStats} has all of them, at several times the
 * cost. A number is −1 where it is not counted.
 *
 * @param cpu processor time in nanoseconds
 * @param workingSet usage without page cache that would be given up first; bytes, as all of memory
 * @param memoryLimit −1 for none as well, as {@code swapLimit}
 * @param rss anonymous memory
 * @param swapLimit swap alone
 */
public record CgroupUsage(
        long cpu,
        long memory,
        long workingSet,
        long memoryLimit,
        long rss,
        long pageFaults,
        long majorPageFaults,
        long swap,
        long swapLimit,
        long pids,
        Pressures pressures) {}
