package io.carafe.nri;

import io.carafe.oci.runtime.LinuxResources;

/**
 * Other limits that a plugin wants a container to have.
 *
 * @param limits what is null is to stay as it is
 * @param ignoreFailure whether what the plugin was asked about goes on if this cannot be done
 */
public record LimitChange(String containerId, LinuxResources limits, boolean ignoreFailure) {}
