package io.carafe.engine.pod;

import io.carafe.engine.model.Resources;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.runtime.CgroupLimits;

/**
 * Limits of a whole pod, written to its cgroup. No OCI runtime does this: to them a pod's cgroup is only the parent of their
 * containers' ones. What is zero stays as it is.
 */
record PodLimits(SpecGenerator specs, CgroupLayout cgroups) {

    void write(String cgroup, Resources limits) {
        CgroupLimits.write(cgroups.cgroup(cgroup), specs.podResources(limits));
    }

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
