package io.carafe.engine.model;

/** The CRI's two states: a pod is READY from the end of RunPodSandbox until it is stopped or found broken. */
public enum PodState {
    READY,
    NOTREADY
}
