package io.carafe.runtime.plan;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Map;
import java.util.Set;

/**
 * What a plan depends on besides {@code config.json}: facts of a host, read once ({@code HostFactsReader}) or from JSON, so
 * that a plan for another host can be looked at on this one.
 *
 * @param kernel release, such as {@code 6.12.0-amd64}
 * @param cgroups where the hierarchies are mounted
 * @param hugePageSizes as the specification writes them: {@code 2MB}
 * @param capabilities of the runtime itself, a bit for each: it can give no more
 * @param lastCapability the highest number that the kernel knows
 * @param appArmor whether it is on, as {@code seLinux}
 * @param resctrl mount point of resctrl, empty if there is none
 * @param rootless whether the runtime runs without root, or in a user namespace
 * @param uid of the runtime, as {@code gid}
 */
public record HostFacts(
        String kernel,
        Cgroups cgroups,
        Set<String> hugePageSizes,
        long capabilities,
        int lastCapability,
        boolean appArmor,
        boolean seLinux,
        String resctrl,
        boolean rootless,
        long uid,
        long gid) {

    public HostFacts {
        hugePageSizes = hugePageSizes == null ? Set.of() : Set.copyOf(hugePageSizes);
        cgroups = cgroups == null ? new Cgroups(Map.of(), "", Set.of(), "") : cgroups;
        resctrl = resctrl == null ? "" : resctrl;
    }

    /**
     * How cgroups are laid out.
     *
     * @param v1 mount point of each controller of v1, and of named hierarchies as {@code name=systemd}; those mounted
     *     together share one
     * @param unified mount point of v2, empty if there is none
     * @param controllers of v2
     * @param weight the file that takes weights of block devices ({@code blkio.weight}, {@code blkio.bfq.weight}, {@code io.weight},
     *     {@code io.bfq.weight}), empty if there is none
     */
    public record Cgroups(Map<String, String> v1, String unified, Set<String> controllers, String weight) {
        public Cgroups {
            v1 = v1 == null ? Map.of() : Map.copyOf(v1);
            controllers = controllers == null ? Set.of() : Set.copyOf(controllers);
            unified = unified == null ? "" : unified;
            weight = weight == null ? "" : weight;
        }

        /** Whether there is v2 and nothing else. */
        @JsonIgnore
        public boolean v2() {
            return v1.isEmpty() && !unified.isEmpty();
        }

        /** Whether there is any hierarchy at all. */
        @JsonIgnore
        public boolean none() {
            return v1.isEmpty() && unified.isEmpty();
        }
    }

    /** The same with root or without. */
    public HostFacts withRootless(boolean without) {
        return new HostFacts(
                kernel,
                cgroups,
                hugePageSizes,
                capabilities,
                lastCapability,
                appArmor,
                seLinux,
                resctrl,
                without,
                uid,
                gid);
    }

    /** The same where cgroups are not to be touched. */
    public HostFacts withoutCgroups() {
        return new HostFacts(
                kernel,
                new Cgroups(Map.of(), "", Set.of(), ""),
                hugePageSizes,
                capabilities,
                lastCapability,
                appArmor,
                seLinux,
                resctrl,
                rootless,
                uid,
                gid);
    }
}
