package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Spec;
import java.util.List;
import java.util.Optional;

/**
 * What is to be compiled.
 *
 * @param id of the container; names its cgroup where config.json does not
 * @param bundle absolute path, where relative paths start
 * @param spec the parsed {@code config.json}
 * @param systemd whether systemd makes the cgroup ({@code --systemd-cgroup})
 * @param pivot false to do without pivot_root(2) ({@code --no-pivot}), which a root file system in an initramfs needs
 */
public record PlanRequest(String id, String bundle, Spec spec, boolean systemd, boolean pivot) {

    public PlanRequest(String id, String bundle, Spec spec) {
        this(id, bundle, spec, false, true);
    }

    /** The container's directory for a controller, of v1 where it lives there; empty if this host has none. */
    public Optional<String> cgroup(HostFacts facts, String controller) {
        if (facts.cgroups().none()) {
            return Optional.empty();
        }
        var paths = paths(facts);
        return paths.v1(controller).or(() -> paths.v2(controller));
    }

    /** All directories of the container's cgroup. */
    public List<String> cgroups(HostFacts facts) {
        return facts.cgroups().none() ? List.of() : paths(facts).directories();
    }

    private CgroupPaths paths(HostFacts facts) {
        var linux = spec.linux();
        return CgroupPaths.of(this, facts, linux == null ? null : linux.cgroupsPath());
    }
}
