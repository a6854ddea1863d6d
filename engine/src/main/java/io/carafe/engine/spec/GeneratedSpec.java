package io.carafe.engine.spec;

import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.Resources;
import io.carafe.oci.runtime.Spec;

/**
 * A container's {@code config.json} and what it settled.
 *
 * @param spec the document
 * @param user ids that the process starts with
 * @param stopSignal name of the signal in effect, such as {@code SIGTERM}
 * @param resources limits in effect
 */
public record GeneratedSpec(Spec spec, ContainerStatus.User user, String stopSignal, Resources resources) {}
