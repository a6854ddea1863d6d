package io.carafe.engine.event;

import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.PodStatus;
import java.time.Instant;
import java.util.List;

/**
 * Something that happened to a container or a pod.
 *
 * @param id of the container, or of the pod when the pod itself is meant
 * @param pod as it was right after, and at the end of its removal the last that is known of it: the kubelet takes the
 *     pod's uid from here and drops an event without one (pkg/kubelet/pleg/evented.go)
 * @param containers those of the pod, as they were right after
 */
public record ContainerEvent(String id, Kind kind, Instant at, PodStatus pod, List<ContainerStatus> containers) {

    public enum Kind {
        CREATED,
        STARTED,
        STOPPED,
        DELETED
    }
}
