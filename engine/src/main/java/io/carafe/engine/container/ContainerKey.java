package io.carafe.engine.container;

import io.carafe.engine.model.ContainerName;

/** A container's name among those of all pods. */
public record ContainerKey(String podId, ContainerName name) {}
