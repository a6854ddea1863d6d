package io.carafe.cri;

import io.carafe.engine.Engine;
import io.carafe.engine.event.ContainerEvent;
import io.carafe.proto.cri.v1.ContainerEventResponse;
import io.carafe.proto.cri.v1.ContainerEventType;
import io.grpc.stub.StreamObserver;

/** The stream of events. A client too slow for it is cut off with an error, so that it knows to list anew. */
final class EventCalls {

    private final Engine engine;
    private final ImageNames images;

    EventCalls(Engine engine, ImageNames images) {
        this.engine = engine;
        this.images = images;
    }

    void stream(StreamObserver<ContainerEventResponse> observer) {
        StreamedAnswer.to(observer).start(answer -> {
            try (var subscription = engine.events().subscribe()) {
                while (true) {
                    answer.send(message(subscription.next()));
                }
            }
        });
    }

    private ContainerEventResponse message(ContainerEvent event) {
        var message = ContainerEventResponse.newBuilder()
                .setContainerId(event.id())
                .setContainerEventType(
                        switch (event.kind()) {
                            case CREATED -> ContainerEventType.CONTAINER_CREATED_EVENT;
                            case STARTED -> ContainerEventType.CONTAINER_STARTED_EVENT;
                            case STOPPED -> ContainerEventType.CONTAINER_STOPPED_EVENT;
                            case DELETED -> ContainerEventType.CONTAINER_DELETED_EVENT;
                        })
                .setCreatedAt(PodMessages.nanos(event.at()))
                .setPodSandboxStatus(PodMessages.status(event.pod()));
        event.containers()
                .forEach(container -> message.addContainersStatuses(ContainerMessages.status(container, images)));
        return message.build();
    }
}
