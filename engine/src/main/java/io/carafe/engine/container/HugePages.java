package io.carafe.engine.container;

import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.cgroup.CgroupLayout.Mode;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Spec;
import io.carafe.runtime.CgroupLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;

/**
 * Limits of huge pages on a hybrid host whose controller hugetlb is in the v2 hierarchy. Runtimes look for it in v1 alone, and
 * refuse a document that has such limits; so they are written here.
 */
record HugePages(CgroupLayout cgroups) {

    private static final String HUGETLB = "hugetlb";

    private boolean areOurs() {
        return cgroups.mode() == Mode.HYBRID && !cgroups.v1().containsKey(HUGETLB);
    }

    /** What the runtime is told. */
    Spec without(Spec spec) {
        var limits = spec.linux().resources();
        return limits == null || !areOurs() ? spec : spec.withLinux(spec.linux().withResources(without(limits)));
    }

    LinuxResources without(LinuxResources limits) {
        return limits.hugepageLimits().isEmpty() || !areOurs()
                ? limits
                : new LinuxResources(
                        limits.devices(),
                        limits.memory(),
                        limits.cpu(),
                        limits.pids(),
                        limits.blockIO(),
                        List.of(),
                        limits.network(),
                        limits.rdma(),
                        limits.unified());
    }

    /** Of a container that has its cgroup. A limit of nothing, which the kubelet asks for, needs none where none can be had. */
    void limit(ContainerRecord container) throws IOException {
        if (!areOurs() || container.resources().hugepageLimits().isEmpty()) {
            return;
        }
        var cgroup = cgroups.cgroup(container.cgroup());
        cgroup.create(); // it is there, but its parent may not have the controller for it
        var limits = container.resources().hugepageLimits().stream()
                .filter(limit -> limit.bytes() != 0 || canLimit(cgroup, limit.pageSize()))
                .map(limit -> new LinuxResources.HugepageLimit(limit.pageSize(), limit.bytes()))
                .toList();
        if (!limits.isEmpty()) {
            var _ = CgroupLimits.write(
                    cgroup, new LinuxResources(List.of(), null, null, null, null, limits, null, Map.of(), Map.of()));
        }
    }

    private static boolean canLimit(Cgroup cgroup, String pageSize) {
        return cgroup.directory(HUGETLB)
                .filter(directory -> Files.exists(directory.resolve(HUGETLB + "." + pageSize + ".max")))
                .isPresent();
    }
}
