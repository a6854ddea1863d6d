package io.carafe.nri;

import io.carafe.oci.runtime.Spec;
import java.util.List;

/**
 * What plugins have made of a container that is being created.
 *
 * @param spec the document, adjusted
 * @param cdiDevices qualified names of CDI devices to be injected into it
 */
public record Created(Spec spec, List<String> cdiDevices) {}
