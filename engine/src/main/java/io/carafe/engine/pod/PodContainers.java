package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerStatus;
import java.util.List;

/** What a pod asks of its containers. */
public interface PodContainers {

    /** Kills those that run and takes back those being made. The pod is no longer ready, so no new ones come. */
    void stopAll(String podId, Deadline deadline);

    /** Removes all. */
    void removeAll(String podId, Deadline deadline);

    List<ContainerStatus> of(String podId);
}
