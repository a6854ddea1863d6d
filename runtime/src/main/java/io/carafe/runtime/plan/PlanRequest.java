package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Spec;

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
}
