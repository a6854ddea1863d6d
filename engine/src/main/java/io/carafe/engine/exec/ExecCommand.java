package io.carafe.engine.exec;

import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.runtime.OciRuntime;

/**
 * A process to be run in a running container.
 *
 * @param process what it is; its {@code terminal} says whether it has one
 */
public record ExecCommand(OciRuntime runtime, String containerId, ProcessSpec process) {}
