package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerStatus;
import java.util.List;

/** What a pod asks of its containers. */
public interface PodContainers {

    /** Kills those that run and takes back those being made. The pod is no longer ready, so no new ones come. */
    void stopAll(String podId, Deadline deadline);

    /**
     * Begins to remove all.
     *
     * @return waits until they are gone, and throws if one cannot be removed
     */
    Removal removeAll(String podId);

    /** A removal under way. */
    interface Removal {
        void await(Deadline deadline);
    }

    List<ContainerStatus> of(String podId);
}
