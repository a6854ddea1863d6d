package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerStatus;
import java.util.List;

/** What a pod asks of its containers. */
public interface PodContainers {

    /** Kills those that run and takes back those being made. The pod is no longer ready, so no new ones come. */
    void stopAll(String podId, Deadline deadline);

    /** Begins to give back what those that have ended hold beside their files; what fails is left to their removal. */
    UnderWay freeAll(String podId);

    /** Begins to remove all. Waiting throws if one cannot be removed. */
    UnderWay removeAll(String podId);

    /** What was begun for all containers of a pod. */
    interface UnderWay {
        void await(Deadline deadline);
    }

    List<ContainerStatus> of(String podId);
}
