package io.carafe.runtime.plan;

import java.util.Locale;

/** Where and when a step runs. The order here is the one in which a container's phases come. */
public enum Phase {
    /** In the launcher and the host's namespaces, before there is a child. */
    HOST,
    /** In the launcher, with the child in its namespaces and waiting; steps behind {@link Step.Sync} follow the mounts. */
    OUTSIDE,
    /** In the child, in its namespaces; steps behind {@link Step.Sync} follow the hooks of {@link #OUTSIDE}. */
    INSIDE,
    /** In the child, after {@code start} has opened the gate: to the program. */
    GATE,
    /** In the command {@code start}, after the program runs. */
    STARTED,
    /** In the command {@code delete}, after the program has ended. */
    DELETED;

    /** As it stands in a plan. */
    @SuppressWarnings("EnumOrdinal") // the order is the format's
    int number() {
        return ordinal();
    }

    /** As the launcher spells it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
