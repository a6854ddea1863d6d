package io.carafe.nri;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.carafe.nri.api.Container;
import io.carafe.nri.api.Event;
import io.carafe.nri.api.PodSandbox;
import io.carafe.nri.api.PostCreateContainerRequest;
import io.carafe.nri.api.PostCreateContainerResponse;
import io.carafe.nri.api.PostStartContainerRequest;
import io.carafe.nri.api.PostStartContainerResponse;
import io.carafe.nri.api.PostUpdateContainerRequest;
import io.carafe.nri.api.PostUpdateContainerResponse;
import io.carafe.nri.api.RemoveContainerRequest;
import io.carafe.nri.api.RemoveContainerResponse;
import io.carafe.nri.api.StartContainerRequest;
import io.carafe.nri.api.StartContainerResponse;
import io.carafe.nri.message.ContainerMessages;
import io.carafe.nri.message.PodMessages;
import java.util.function.BiFunction;

/** What happens to containers and cannot be changed by plugins any more. */
record ContainerEvents(Roster roster) {

    /** Makes the message of an event of a container and its pod. */
    @FunctionalInterface
    interface Request extends BiFunction<PodSandbox, Container, Message> {}

    static Message message(Roster roster, ContainerFacts container, Request request) {
        var pod = roster.pod(container.podId())
                .map(subject -> PodMessages.of(subject.facts()))
                .orElseGet(
                        () -> PodSandbox.newBuilder().setId(container.podId()).build());
        return request.apply(pod, ContainerMessages.of(container));
    }

    private <T extends Message> Broadcast<T> event(
            Subject<ContainerFacts> container, Event event, Parser<T> answers, Request request) {
        return new Broadcast<>(event, answers, () -> message(roster, container.facts(), request));
    }

    void created(Subject<ContainerFacts> container) {
        event(
                        container,
                        Event.POST_CREATE_CONTAINER,
                        PostCreateContainerResponse.parser(),
                        (pod, it) -> PostCreateContainerRequest.newBuilder()
                                .setPod(pod)
                                .setContainer(it)
                                .build())
                .tell(container, roster.plugins());
    }

    void start(Subject<ContainerFacts> container) {
        event(
                        container,
                        Event.START_CONTAINER,
                        StartContainerResponse.parser(),
                        (pod, it) -> StartContainerRequest.newBuilder()
                                .setPod(pod)
                                .setContainer(it)
                                .build())
                .request(container, roster.plugins());
    }

    void started(Subject<ContainerFacts> container) {
        event(
                        container,
                        Event.POST_START_CONTAINER,
                        PostStartContainerResponse.parser(),
                        (pod, it) -> PostStartContainerRequest.newBuilder()
                                .setPod(pod)
                                .setContainer(it)
                                .build())
                .tell(container, roster.plugins());
    }

    void updated(Subject<ContainerFacts> container) {
        event(
                        container,
                        Event.POST_UPDATE_CONTAINER,
                        PostUpdateContainerResponse.parser(),
                        (pod, it) -> PostUpdateContainerRequest.newBuilder()
                                .setPod(pod)
                                .setContainer(it)
                                .build())
                .tell(container, roster.plugins());
    }

    void removed(Subject<ContainerFacts> container) {
        event(
                        container,
                        Event.REMOVE_CONTAINER,
                        RemoveContainerResponse.parser(),
                        (pod, it) -> RemoveContainerRequest.newBuilder()
                                .setPod(pod)
                                .setContainer(it)
                                .build())
                .tell(container, roster.plugins());
    }
}
