/**
 * The documents of the OCI runtime specification 1.3 for Linux, as records: {@code config.json} ({@link
 * io.carafe.oci.runtime.Spec}), the state of a container ({@link io.carafe.oci.runtime.State}) and what a runtime can
 * do ({@link io.carafe.oci.runtime.Features}).
 *
 * <p>Names are those of the documents. Lists and maps are never null and are left out when empty; other components are
 * null where the document says nothing. Numbers that the specification calls {@code uint32} are {@code long} and checked
 * to fit; {@code uint64} are {@code long} with all 64 bits used ({@link io.carafe.oci.runtime.Uint64}). A property that
 * is not known is ignored, a value that is not known is an error.
 */
package io.carafe.oci.runtime;
