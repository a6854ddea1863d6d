package io.carafe.nri;

/** What plugins can ask of the node at any time. */
public interface Node {

    /**
     * Changes the limits of a container that exists.
     *
     * @throws io.carafe.base.CarafeException if it cannot be done
     */
    void update(LimitChange change);

    /** Begins to stop a container; one that does not exist, or has ended, is left alone. */
    void evict(String containerId, String reason);
}
