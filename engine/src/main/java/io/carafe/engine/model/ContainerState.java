package io.carafe.engine.model;

/** The CRI's states of a container. */
public enum ContainerState {
    CREATED,
    RUNNING,
    EXITED,
    /** Nothing reliable is known: its record is quarantined or its monitor answers nothing. */
    UNKNOWN
}
