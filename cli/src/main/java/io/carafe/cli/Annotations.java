package io.carafe.cli;

/** How {@code carafe run} marks its pods, so that other commands treat pod and container as one thing. */
final class Annotations {

    /** Label on pod and container: its value is the container's name. */
    static final String RUN = "io.carafe.run";

    /** Annotation on the container: its published ports, as {@code ps} shows them. */
    static final String PORTS = "io.carafe.ports";

    private Annotations() {}
}
