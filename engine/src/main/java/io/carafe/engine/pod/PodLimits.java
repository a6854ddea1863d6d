package io.carafe.engine.pod;

import io.carafe.engine.model.Resources;

/** Limits of a whole pod. No OCI runtime sets them: to runtimes a pod's cgroup is only the parent of their containers' ones. */
final class PodLimits {

    private PodLimits() {}

    /** What the containers may use together, and what the sandbox itself may use on top. Either may be null. */
    static Resources sum(Resources containers, Resources overhead) {
        if (containers == null || overhead == null) {
            return containers == null ? overhead == null ? Resources.NONE : overhead : containers;
        }
        return new Resources(
                Math.max(containers.cpuPeriod(), overhead.cpuPeriod()),
                plus(containers.cpuQuota(), overhead.cpuQuota()),
                containers.cpuShares() + overhead.cpuShares(),
                plus(containers.memoryLimit(), overhead.memoryLimit()),
                plus(containers.memorySwapLimit(), overhead.memorySwapLimit()),
                null,
                containers.cpusetCpus(),
                containers.cpusetMems(),
                containers.hugepageLimits(),
                containers.unified());
    }

    /** A part without a limit makes the whole unlimited; one that is not set sets nothing. */
    private static long plus(long limit, long overhead) {
        return limit <= 0 ? limit : limit + Math.max(0, overhead);
    }
}
