package io.carafe.engine.container;

import io.carafe.engine.event.ContainerEvent;
import io.carafe.engine.event.EventBus;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.table.Table;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** Tells listeners what happens to containers, each time with the state of the whole pod. */
record ContainerEvents(EventBus bus, Table<ContainerKey, Container> table) {

    void publish(Container container, ContainerEvent.Kind kind) {
        if (bus.hasSubscribers()) {
            var pod = container.pod();
            bus.publish(new ContainerEvent(container.id(), kind, Instant.now(), pod.status(), of(pod.id())));
        }
    }

    /** The containers of a pod, newest first. */
    List<ContainerStatus> of(String podId) {
        return table.all().stream()
                .filter(container -> container.record().podId().equals(podId))
                .map(Container::status)
                .sorted(Comparator.comparing(ContainerStatus::createdAt).reversed())
                .toList();
    }
}
