package io.carafe.cri;

import io.carafe.engine.Engine;
import io.carafe.engine.model.Filter;
import io.carafe.proto.cri.v1.ListPodSandboxRequest;
import io.carafe.proto.cri.v1.ListPodSandboxResponse;
import io.carafe.proto.cri.v1.PodSandbox;
import io.carafe.proto.cri.v1.PodSandboxFilter;
import io.carafe.proto.cri.v1.PodSandboxStatusRequest;
import io.carafe.proto.cri.v1.PodSandboxStatusResponse;
import io.carafe.proto.cri.v1.RemovePodSandboxRequest;
import io.carafe.proto.cri.v1.RemovePodSandboxResponse;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.carafe.proto.cri.v1.RunPodSandboxResponse;
import io.carafe.proto.cri.v1.StopPodSandboxRequest;
import io.carafe.proto.cri.v1.StopPodSandboxResponse;
import io.carafe.proto.cri.v1.UpdatePodSandboxResourcesRequest;
import io.carafe.proto.cri.v1.UpdatePodSandboxResourcesResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Calls about pods. */
final class PodCalls {

    private final Engine engine;
    private final ImageNames images;

    PodCalls(Engine engine, ImageNames images) {
        this.engine = engine;
        this.images = images;
    }

    RunPodSandboxResponse run(RunPodSandboxRequest request) {
        var config = PodMessages.config(request.getConfig(), request.getRuntimeHandler());
        var id = engine.pods().run(config, CallInterceptor.deadline());
        return RunPodSandboxResponse.newBuilder().setPodSandboxId(id).build();
    }

    StopPodSandboxResponse stop(StopPodSandboxRequest request) {
        engine.pods().stop(request.getPodSandboxId(), CallInterceptor.deadline());
        return StopPodSandboxResponse.getDefaultInstance();
    }

    RemovePodSandboxResponse remove(RemovePodSandboxRequest request) {
        engine.pods().remove(request.getPodSandboxId(), CallInterceptor.deadline());
        return RemovePodSandboxResponse.getDefaultInstance();
    }

    PodSandboxStatusResponse status(PodSandboxStatusRequest request) {
        var pod = engine.pods().status(request.getPodSandboxId());
        var containers = engine.containers().list(new Filter<>("", null, pod.id(), Map.of()));
        var response = PodSandboxStatusResponse.newBuilder()
                .setStatus(PodMessages.status(pod))
                .setTimestamp(PodMessages.nanos(Instant.now()));
        containers.forEach(container -> response.addContainersStatuses(ContainerMessages.status(container, images)));
        if (request.getVerbose()) {
            response.putInfo(
                    "info",
                    VerboseInfo.json(new PodInfo(
                            pod.id(),
                            pod.netns(),
                            pod.runtimeHandler(),
                            pod.config(),
                            VerboseInfo.limits(pod.config().overhead()),
                            VerboseInfo.limits(pod.config().resources()),
                            pod.info())));
        }
        return response.build();
    }

    /**
     * Shown as JSON by a verbose status.
     *
     * @param overhead limits in force, as {@code resources}, in the CRI's words: tools look for them here, as there is no
     *     other place
     */
    private record PodInfo(
            String id,
            String networkNamespace,
            String runtimeHandler,
            io.carafe.engine.model.PodConfig config,
            Map<String, Map<String, Long>> overhead,
            Map<String, Map<String, Long>> resources,
            Map<String, String> facts) {}

    ListPodSandboxResponse list(ListPodSandboxRequest request) {
        return ListPodSandboxResponse.newBuilder()
                .addAllItems(items(request.getFilter()))
                .build();
    }

    List<PodSandbox> items(PodSandboxFilter filter) {
        return engine.pods().list(PodMessages.filter(filter)).stream()
                .map(PodMessages::item)
                .toList();
    }

    UpdatePodSandboxResourcesResponse updateResources(UpdatePodSandboxResourcesRequest request) {
        engine.pods()
                .updateResources(
                        request.getPodSandboxId(),
                        request.hasResources() ? ResourceMessages.forUpdate(request.getResources()) : null,
                        request.hasOverhead() ? ResourceMessages.forUpdate(request.getOverhead()) : null,
                        CallInterceptor.deadline());
        return UpdatePodSandboxResourcesResponse.getDefaultInstance();
    }
}
