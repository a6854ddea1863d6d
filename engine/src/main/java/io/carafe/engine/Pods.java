package io.carafe.engine;

import io.carafe.base.Deadline;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.model.Resources;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * Pods: environments that containers share.
 *
 * <p>An id may be given whole or as a prefix that only one pod has.
 *
 * <p><b>Deadlines and retries.</b> A caller waits no longer than its deadline, but what it began goes on, bounded by
 * {@link EngineConfig.Timeouts#operation}; a retry with the same {@link io.carafe.engine.model.PodName} joins it, or gets
 * what it made. A caller that cancels (its thread is interrupted) and was the last one to wait takes the operation back:
 * everything is undone and the name is free. Either way a name is never "reserved".
 */
public interface Pods {

    /**
     * Makes a pod ready for containers, or joins who is making it, or returns the one that is there.
     *
     * @return its id
     * @throws io.carafe.base.CarafeException.AlreadyExists if a pod of this name exists that has been stopped
     */
    String run(PodConfig config, Deadline deadline);

    /** Kills what runs in the pod and frees its network and namespaces. Success if it is stopped or gone. */
    void stop(String id, Deadline deadline);

    /** Stops the pod and removes it with its containers. Success if it is gone. */
    void remove(String id, Deadline deadline);

    /** @throws io.carafe.base.CarafeException.NotFound if there is no such pod */
    PodStatus status(String id);

    /** Answered from memory, newest first. */
    List<PodStatus> list(Filter<PodState> filter);

    /** Changes the limits of the whole pod; null leaves a part as it is. */
    void updateResources(String id, Resources resources, Resources overhead, Deadline deadline);

    /**
     * Connects to a TCP port on the pod's localhost, IPv4 first, then IPv6.
     *
     * @return a connected channel in blocking mode, to be closed by the caller
     * @throws io.carafe.base.CarafeException.Unavailable if nothing listens there
     */
    SocketChannel portForward(String id, int port, Deadline deadline);
}
