package io.carafe.engine.model;

import io.carafe.base.CarafeException;

/** What makes a container unique in its pod. */
public record ContainerName(String name, int attempt) {

    public ContainerName {
        if (name.isEmpty()) {
            throw new CarafeException.InvalidArgument("container metadata has no name");
        }
    }
}
