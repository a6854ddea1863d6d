package io.carafe.runtime;

/**
 * What an OCI runtime says of itself (runtime-spec, features.md), as far as anybody here asks.
 *
 * @param recursiveReadonlyMounts it knows the mount option {@code rro}
 * @param idmappedMounts it maps the ids of a mount
 */
public record RuntimeFeatures(boolean recursiveReadonlyMounts, boolean idmappedMounts) {
    public static final RuntimeFeatures NONE = new RuntimeFeatures(false, false);
}
