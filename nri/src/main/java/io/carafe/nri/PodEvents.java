package io.carafe.nri;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.carafe.nri.api.Event;
import io.carafe.nri.api.PodSandbox;
import io.carafe.nri.api.PostUpdatePodSandboxRequest;
import io.carafe.nri.api.PostUpdatePodSandboxResponse;
import io.carafe.nri.api.RemovePodSandboxRequest;
import io.carafe.nri.api.RemovePodSandboxResponse;
import io.carafe.nri.api.RunPodSandboxRequest;
import io.carafe.nri.api.RunPodSandboxResponse;
import io.carafe.nri.api.StopPodSandboxRequest;
import io.carafe.nri.api.StopPodSandboxResponse;
import io.carafe.nri.api.UpdatePodSandboxRequest;
import io.carafe.nri.api.UpdatePodSandboxResponse;
import io.carafe.nri.message.PodMessages;
import io.carafe.nri.message.ResourceMessages;
import io.carafe.oci.runtime.LinuxResources;
import java.util.function.Function;
import java.util.function.Supplier;

/** What happens to pods. */
record PodEvents(Roster roster) {

    void run(String id, Supplier<PodFacts> facts) {
        var pod = new Subject<>(id, facts);
        var plugins = roster.addPod(pod);
        var event = event(
                pod,
                Event.RUN_POD_SANDBOX,
                RunPodSandboxResponse.parser(),
                it -> RunPodSandboxRequest.newBuilder().setPod(it).build());
        for (var plugin : plugins) {
            pod.tell(plugin);
            event.request(plugin);
        }
    }

    void update(Subject<PodFacts> pod, LinuxResources overhead, LinuxResources resources) {
        event(
                        pod,
                        Event.UPDATE_POD_SANDBOX,
                        UpdatePodSandboxResponse.parser(),
                        it -> UpdatePodSandboxRequest.newBuilder()
                                .setPod(it)
                                .setOverheadLinuxResources(ResourceMessages.of(overhead))
                                .setLinuxResources(ResourceMessages.of(resources))
                                .build())
                .request(pod, roster.plugins());
    }

    void updated(Subject<PodFacts> pod) {
        event(
                        pod,
                        Event.POST_UPDATE_POD_SANDBOX,
                        PostUpdatePodSandboxResponse.parser(),
                        it -> PostUpdatePodSandboxRequest.newBuilder()
                                .setPod(it)
                                .build())
                .tell(pod, roster.plugins());
    }

    void stop(Subject<PodFacts> pod) {
        pod.stopOnce(() -> event(
                        pod,
                        Event.STOP_POD_SANDBOX,
                        StopPodSandboxResponse.parser(),
                        it -> StopPodSandboxRequest.newBuilder().setPod(it).build())
                .tell(pod, roster.plugins()));
    }

    void remove(Subject<PodFacts> pod) {
        stop(pod);
        event(
                        pod,
                        Event.REMOVE_POD_SANDBOX,
                        RemovePodSandboxResponse.parser(),
                        it -> RemovePodSandboxRequest.newBuilder().setPod(it).build())
                .tell(pod, roster.plugins());
        roster.removePod(pod.id());
    }

    private static <T extends Message> Broadcast<T> event(
            Subject<PodFacts> pod, Event event, Parser<T> answers, Function<PodSandbox, Message> request) {
        return new Broadcast<>(event, answers, () -> request.apply(PodMessages.of(pod.facts())));
    }
}
